import type { FieldLineage } from '../../field-lineage.ts';
import type { RowReason } from '../../lineage.ts';
import { NotUnderstood } from '../plan-fault.ts';
import { indexAt, indexesAt, type JsonObject, listAt, objectAt, textAt } from '../plan-json.ts';
import type { NodeRule, NodeWalk, Row } from '../node-walk.ts';
import { readWindowing } from './windows.ts';

export const join: NodeRule = (walk) => joinedBy(walk, objectAt(walk.json.joinSpec, 'joinSpec'));

/** A batch join that has the parts of the specification in the node itself. */
export const mergeJoin: NodeRule = (walk) => joinedBy(walk, walk.json);

export const nestedLoopJoin: NodeRule = (walk) => {
  const { left, right } = sides(walk);
  const joinType = textAt(walk.json.joinType, 'joinType');
  walk.readsCondition(reasonOf(joinType), walk.json.condition, [...left, ...right]);
  return joinedRow(joinType, left, right);
};

export const intervalJoin: NodeRule = (walk) => {
  const spec = objectAt(walk.json.intervalJoinSpec, 'intervalJoinSpec');
  const bounds = objectAt(spec.windowBounds, 'windowBounds');
  readTimes(walk, bounds.leftTimeIndex, bounds.rightTimeIndex);
  return joinedBy(walk, objectAt(spec.joinSpec, 'joinSpec'));
};

export const temporalJoin: NodeRule = (walk) => {
  readTimes(walk, walk.json.leftTimeAttributeIndex, walk.json.rightTimeAttributeIndex);
  return joinedBy(walk, objectAt(walk.json.joinSpec, 'joinSpec'));
};

export const windowJoin: NodeRule = (walk) => {
  const { left, right } = sides(walk);
  const spec = objectAt(walk.json.joinSpec, 'joinSpec');
  const why = reasonOf(textAt(spec.joinType, 'joinType'));
  readWindowing(walk, walk.json.leftWindowing, left, why);
  readWindowing(walk, walk.json.rightWindowing, right, why);
  return joinedBy(walk, spec);
};

/** References count through all inputs; the keys stand once more in joinAttributeMap, by input. */
export const multiJoin: NodeRule = (walk) => {
  const columns = walk.inputs.flatMap((input) => input.columns);
  for (const condition of listAt(walk.json.joinConditions, 'joinConditions')) walk.readsCondition('JOIN', condition, columns);
  walk.readsCondition('JOIN', walk.json.multiJoinCondition, columns);
  for (const keys of Object.values(objectAt(walk.json.joinAttributeMap ?? {}, 'joinAttributeMap'))) {
    for (const key of listAt(keys, 'joinAttributeMap')) readKeyPair(walk, objectAt(key, 'joinAttributeMap'));
  }
  return { columns };
};

function readKeyPair(walk: NodeWalk, { leftInputId, leftFieldIndex, rightInputId, rightFieldIndex }: JsonObject): void {
  for (const [input, field] of [[leftInputId, leftFieldIndex], [rightInputId, rightFieldIndex]] as const) {
    // The first input has nothing to its left: -1.
    if (indexAt(input, 'joinAttributeMap') >= 0) walk.reads('JOIN', [indexAt(field, 'joinAttributeMap')], walk.inputs[input as number]?.columns ?? []);
  }
}

function joinedBy(walk: NodeWalk, spec: JsonObject): Row {
  const { left, right } = sides(walk);
  const joinType = textAt(spec.joinType, 'joinType');
  walk.reads(reasonOf(joinType), indexesAt(spec.leftKeys, 'leftKeys'), left);
  walk.reads(reasonOf(joinType), indexesAt(spec.rightKeys, 'rightKeys'), right);
  if (!('nonEquiCondition' in spec)) throw new NotUnderstood('expected an expression or null in nonEquiCondition');
  walk.readsCondition(reasonOf(joinType), spec.nonEquiCondition, [...left, ...right]);
  return joinedRow(joinType, left, right);
}

const BOTH_SIDES: ReadonlySet<string> = new Set(['INNER', 'LEFT', 'RIGHT', 'FULL']);
const LEFT_SIDE: ReadonlySet<string> = new Set(['SEMI', 'ANTI']);

/** Semi and anti joins are what IN, EXISTS, INTERSECT and EXCEPT become: they filter the left side. */
function reasonOf(joinType: string): RowReason {
  return LEFT_SIDE.has(joinType) ? 'FILTER' : 'JOIN';
}

function joinedRow(joinType: string, left: readonly FieldLineage[], right: readonly FieldLineage[]): Row {
  if (BOTH_SIDES.has(joinType)) return { columns: [...left, ...right] };
  if (LEFT_SIDE.has(joinType)) return { columns: left };
  throw new NotUnderstood('unknown joinType');
}

function sides({ inputs }: NodeWalk): { readonly left: readonly FieldLineage[]; readonly right: readonly FieldLineage[] } {
  const [left, right] = inputs;
  if (left === undefined || right === undefined || inputs.length > 2) throw new NotUnderstood(`expected two inputs, found ${inputs.length}`);
  return { left: left.columns, right: right.columns };
}

/** A join in processing time has no time column on one side or both: a negative index. */
function readTimes(walk: NodeWalk, leftIndex: unknown, rightIndex: unknown): void {
  const { left, right } = sides(walk);
  const leftTime = indexAt(leftIndex, 'the time column of the left side');
  const rightTime = indexAt(rightIndex, 'the time column of the right side');
  if (leftTime >= 0) walk.reads('JOIN', [leftTime], left);
  if (rightTime >= 0) walk.reads('JOIN', [rightTime], right);
}
