import { describe, expect, test } from 'vitest';
import { NODE_RULES } from '../../../../server/catalog/flink/plan/node-table.ts';
import { CASES_WITH_PLAN, CLUSTER_PLANS } from './flink-cases.ts';
import { agg, call, fieldsAt, literal, originTexts, planOf, readTexts, ref, resolved, row, rowWithRowtime, scanOf, sinkOf, type SmallNode, sortBy } from './small-plans.ts';

type Own = { readonly [key: string]: unknown };

interface NodeCase {
  readonly type: string;
  readonly own?: Own;
  /** The columns of the sink, all of them INT, as the node makes them. */
  readonly makes: readonly string[];
  readonly origins: { readonly [column: string]: string };
  readonly reads?: readonly string[];
  /** Scans `l(a, b, c)` alone, or with `r(x, y)`; else none. */
  readonly sides?: readonly string[];
}

const L = scanOf('l', ['a', 'b', 'c']);
const R = scanOf('r', ['x', 'y']);
const SIDES: { readonly [name: string]: SmallNode } = { l: L, r: R };
const HANDED_ON = { a: 'l.a', b: 'l.b', c: 'l.c' };
const joinSpec = (joinType: string, nonEquiCondition: unknown = null): Own => ({ joinType, leftKeys: [0], rightKeys: [0], filterNulls: [true], nonEquiCondition });
const JOINED = ['a', 'b', 'c', 'x', 'y'];
const JOINED_ORIGINS = { ...HANDED_ON, x: 'r.x', y: 'r.y' };
const attached = (windowStart: number, windowEnd: number): Own => ({ strategy: 'WindowAttached', window: { type: 'TumblingWindow' }, windowStart, windowEnd });
const TIME_WINDOW: Own = { strategy: 'TimeAttribute', window: { type: 'HoppingWindow' }, timeAttributeIndex: 2 };
const WINDOW_START = { name: 'window_start', property: { kind: 'WindowStart' } };
const LESS = call('<', [ref(1), ref(4)], 'BOOLEAN');
const FIRST_TWO = { type: 'Constant', start: 1, end: 2 };

const CASES: readonly NodeCase[] = [
  { type: 'stream-exec-calc_1', own: { projection: [ref(1), call('+', [ref(0), ref(1)]), literal(1)], condition: call('>', [ref(2), literal(1)]) }, makes: ['p', 'q', 'n'], origins: { p: 'l.b', q: '~l.a ~l.b', n: '' }, reads: ['FILTER l.c'] },
  {
    type: 'stream-exec-calc_1', makes: ['p', 'q'], origins: { p: '~l.a', q: 'l.b' }, reads: ['FILTER l.c'],
    own: { expression: [ref(0), ref(1), call('UPPER', [{ kind: 'LOCAL_REF', localRefIndex: 0, type: 'INT' }]), call('>', [ref(2), literal(1)])], projection: [2, 1].map((localRefIndex) => ({ kind: 'LOCAL_REF', localRefIndex, type: 'INT' })), condition: { kind: 'LOCAL_REF', localRefIndex: 3, type: 'BOOLEAN' } },
  },
  { type: 'batch-exec-calc_1', own: { projection: [ref(1)], condition: null }, makes: ['p'], origins: { p: 'l.b' } },
  { type: 'stream-exec-python-calc_1', own: { projection: [ref(1)], condition: null }, makes: ['p'], origins: { p: 'l.b' } },
  { type: 'stream-exec-async-calc_1', own: { projection: [{ kind: 'CALL', catalogName: '`c`.`d`.`f`', operands: [ref(1)], type: 'INT' }], condition: null }, makes: ['p'], origins: { p: '~l.b' } },
  { type: 'stream-exec-changelog-normalize_1', own: { uniqueKeys: [0], filterCondition: call('<', [ref(1), literal(10)]) }, makes: ['a', 'b', 'c'], origins: HANDED_ON, reads: ['FILTER l.b'] },
  ...['stream-exec-exchange_1', 'batch-exec-exchange_1', 'stream-exec-mini-batch-assigner_1', 'stream-exec-changelog-normalize_1', 'stream-exec-drop-update-before_1', 'batch-exec-limit_1']
    .map((type) => ({ type, makes: ['a', 'b', 'c'], origins: HANDED_ON })),
  { type: 'stream-exec-watermark-assigner_1', own: { rowtimeFieldIndex: 2, watermarkExpr: call('-', [ref(2), literal('5000')]) }, makes: ['a', 'b', 'c'], origins: HANDED_ON, reads: ['WATERMARK l.c'] },
  { type: 'stream-exec-expand_1', own: { projects: [[ref(0), literal(null), literal(0)], [literal(null), ref(1), literal(1)]] }, makes: ['p', 'q', 'e'], origins: { p: 'l.a', q: 'l.b', e: '' } },
  { type: 'stream-exec-values_1', own: { tuples: [[literal(1)], [literal(2)]] }, makes: ['p'], origins: { p: '' }, sides: [] },
  { type: 'batch-exec-values_1', own: { tuples: [] }, makes: ['p'], origins: { p: '' }, sides: [] },

  { type: 'stream-exec-join_1', own: { joinSpec: joinSpec('LEFT', LESS) }, makes: JOINED, origins: JOINED_ORIGINS, reads: ['JOIN l.a', 'JOIN l.b', 'JOIN r.x', 'JOIN r.y'], sides: ['l', 'r'] },
  { type: 'stream-exec-join_1', own: { joinSpec: joinSpec('ANTI') }, makes: ['a', 'b', 'c'], origins: HANDED_ON, reads: ['FILTER l.a', 'FILTER r.x'], sides: ['l', 'r'] },
  { type: 'batch-exec-join_1', own: { joinSpec: joinSpec('SEMI') }, makes: ['a', 'b', 'c'], origins: HANDED_ON, reads: ['FILTER l.a', 'FILTER r.x'], sides: ['l', 'r'] },
  { type: 'batch-exec-sort-merge-join_1', own: joinSpec('FULL'), makes: JOINED, origins: JOINED_ORIGINS, reads: ['JOIN l.a', 'JOIN r.x'], sides: ['l', 'r'] },
  { type: 'batch-exec-nested-loop-join_1', own: { joinType: 'INNER', condition: LESS }, makes: JOINED, origins: JOINED_ORIGINS, reads: ['JOIN l.b', 'JOIN r.y'], sides: ['l', 'r'] },
  { type: 'stream-exec-interval-join_1', own: { intervalJoinSpec: { joinSpec: joinSpec('INNER'), windowBounds: { leftTimeIndex: 2, rightTimeIndex: 1 } } }, makes: JOINED, origins: JOINED_ORIGINS, reads: ['JOIN l.a', 'JOIN l.c', 'JOIN r.x', 'JOIN r.y'], sides: ['l', 'r'] },
  { type: 'stream-exec-temporal-join_1', own: { joinSpec: joinSpec('LEFT'), leftTimeAttributeIndex: 2, rightTimeAttributeIndex: -1 }, makes: JOINED, origins: JOINED_ORIGINS, reads: ['JOIN l.a', 'JOIN l.c', 'JOIN r.x'], sides: ['l', 'r'] },
  { type: 'stream-exec-window-join_1', own: { joinSpec: joinSpec('INNER'), leftWindowing: attached(1, 2), rightWindowing: attached(1, 1) }, makes: JOINED, origins: JOINED_ORIGINS, reads: ['JOIN l.a', 'JOIN l.b', 'WINDOW l.b', 'JOIN l.c', 'WINDOW l.c', 'JOIN r.x', 'JOIN r.y', 'WINDOW r.y'], sides: ['l', 'r'] },
  { type: 'stream-exec-multi-join_1', own: { joinTypes: ['INNER', 'INNER'], joinConditions: [literal(true), call('=', [ref(0), ref(3)])], joinAttributeMap: { 0: [{ leftInputId: -1, leftFieldIndex: -1, rightInputId: 0, rightFieldIndex: 0 }], 1: [{ leftInputId: 0, leftFieldIndex: 1, rightInputId: 1, rightFieldIndex: 1 }] } }, makes: JOINED, origins: JOINED_ORIGINS, reads: ['JOIN l.a', 'JOIN l.b', 'JOIN r.x', 'JOIN r.y'], sides: ['l', 'r'] },
  { type: 'stream-exec-union_1', makes: ['p', 'q'], origins: { p: 'r.x', q: 'r.y' }, sides: ['r', 'r'] },

  { type: 'stream-exec-group-aggregate_1', own: { grouping: [0], aggCalls: [agg('SUM', [1], 2), agg('SINGLE_VALUE', [1]), agg('COUNT', [])] }, makes: ['k', 's', 'v', 'n'], origins: { k: 'l.a', s: '~l.b', v: 'l.b', n: '' }, reads: ['GROUP l.a', 'CONDITION l.c'] },
  { type: 'stream-exec-python-group-aggregate_1', own: { grouping: [0], aggCalls: [agg('SUM', [1])] }, makes: ['k', 's'], origins: { k: 'l.a', s: '~l.b' }, reads: ['GROUP l.a'] },
  { type: 'batch-exec-hash-aggregate_1', own: { grouping: [0], auxGrouping: [2], aggCalls: [agg('SUM', [1])], isMerge: false, isFinal: true }, makes: ['k', 'x', 's'], origins: { k: 'l.a', x: 'l.c', s: '~l.b' }, reads: ['GROUP l.a'] },
  { type: 'batch-exec-sort-aggregate_1', own: { grouping: [], auxGrouping: [], aggCalls: [agg('MAX', [1])], isMerge: false, isFinal: true }, makes: ['s'], origins: { s: '~l.b' } },
  { type: 'stream-exec-window-aggregate_1', own: { grouping: [0], aggCalls: [agg('SUM', [1])], windowing: TIME_WINDOW, namedWindowProperties: [WINDOW_START] }, makes: ['k', 's', 'w'], origins: { k: 'l.a', s: '~l.b', w: '~l.c' }, reads: ['GROUP l.a', 'GROUP l.c', 'WINDOW l.c'] },
  { type: 'stream-exec-group-window-aggregate_1', own: { grouping: [0], aggCalls: [agg('SUM', [1])], window: { kind: 'TUMBLING', timeField: { fieldName: 'c', fieldIndex: 0, inputIndex: 0 } }, namedWindowProperties: [WINDOW_START] }, makes: ['k', 's', 'w'], origins: { k: 'l.a', s: '~l.b', w: '~l.c' }, reads: ['GROUP l.a', 'WINDOW l.c'] },
  { type: 'batch-exec-hash-window-aggregate_1', own: { grouping: [0], auxGrouping: [], aggCalls: [agg('SUM', [1])], inputTimeFieldIndex: 2, namedWindowProperties: [WINDOW_START], isMerge: false, isFinal: true }, makes: ['k', 's', 'w'], origins: { k: 'l.a', s: '~l.b', w: '~l.c' }, reads: ['GROUP l.a', 'WINDOW l.c'] },
  { type: 'stream-exec-window-table-function_1', own: { windowing: { ...TIME_WINDOW, window: { type: 'SessionWindow', partitionKeyIndices: [0] } } }, makes: ['a', 'b', 'c', 'ws', 'we', 'wt'], origins: { ...HANDED_ON, ws: '~l.c', we: '~l.c', wt: '~l.c' }, reads: ['PARTITION l.a', 'WINDOW l.c'] },

  { type: 'stream-exec-rank_1', own: { partition: fieldsAt(0), orderBy: sortBy(1), rankRange: { type: 'Variable', endIndex: 2 }, outputRowNumber: true }, makes: ['a', 'b', 'c', 'n'], origins: { ...HANDED_ON, n: '' }, reads: ['PARTITION l.a', 'SORT l.b', 'FILTER l.c'] },
  { type: 'stream-exec-sort-limit_1', own: { partition: fieldsAt(), orderBy: sortBy(1), rankRange: FIRST_TWO, outputRowNumber: false }, makes: ['a', 'b', 'c'], origins: HANDED_ON, reads: ['SORT l.b'] },
  { type: 'stream-exec-limit_1', own: { partition: fieldsAt(), orderBy: sortBy(), rankRange: FIRST_TWO, outputRowNumber: false }, makes: ['a', 'b', 'c'], origins: HANDED_ON },
  { type: 'stream-exec-window-rank_1', own: { partitionSpec: fieldsAt(0), sortSpec: sortBy(1), rankRange: FIRST_TWO, outputRowNumber: false, windowing: attached(2, 2) }, makes: ['a', 'b', 'c'], origins: HANDED_ON, reads: ['PARTITION l.a', 'SORT l.b', 'PARTITION l.c', 'WINDOW l.c'] },
  { type: 'batch-exec-rank_1', own: { partitionFields: [0], sortFields: [1], rankStart: 1, rankEnd: 2, outputRowNumber: true }, makes: ['a', 'b', 'c', 'n'], origins: { ...HANDED_ON, n: '' }, reads: ['PARTITION l.a', 'SORT l.b'] },
  { type: 'stream-exec-deduplicate_1', own: { uniqueKeys: [0], isRowtime: false }, makes: ['a', 'b', 'c'], origins: HANDED_ON, reads: ['PARTITION l.a'] },
  { type: 'stream-exec-window-deduplicate_1', own: { partitionKeys: [0], orderKey: 1, windowing: attached(2, 2) }, makes: ['a', 'b', 'c'], origins: HANDED_ON, reads: ['PARTITION l.a', 'SORT l.b', 'PARTITION l.c', 'WINDOW l.c'] },
  ...['batch-exec-sort_1', 'batch-exec-sort-limit_1'].map((type) => ({ type, own: { sortSpec: sortBy(1) }, makes: ['a', 'b', 'c'], origins: HANDED_ON, reads: ['SORT l.b'] })),
  ...['stream-exec-sort_1', 'stream-exec-temporal-sort_1'].map((type) => ({ type, own: { orderBy: sortBy(1) }, makes: ['a', 'b', 'c'], origins: HANDED_ON, reads: ['SORT l.b'] })),
  ...['stream-exec-over-aggregate_1', 'batch-exec-over-aggregate_1', 'stream-exec-python-over-aggregate_1'].map((type) => ({
    type, own: { overSpec: { partition: fieldsAt(0), groups: [{ orderBy: sortBy(2), aggCalls: [agg('SUM', [1]), agg('LAG', [1, 3])] }], constants: [literal(1)] } },
    makes: ['a', 'b', 'c', 's', 'p'], origins: { ...HANDED_ON, s: '~l.b', p: '~l.b' }, reads: ['PARTITION l.a', 'SORT l.c'],
  })),

  ...['stream-exec-match_1', 'batch-exec-match_1'].map((type) => ({
    type, own: { matchSpec: { partition: fieldsAt(0), orderBy: sortBy(2), patternDefinitions: { A: call('>', [call('PREV', [{ kind: 'PATTERN_INPUT_REF', alpha: 'A', inputIndex: 1, type: 'INT' }, literal(1)]), literal(1)]) },
      measures: { total: call('FINAL', [call('SUM', [{ kind: 'PATTERN_INPUT_REF', alpha: 'A', inputIndex: 1, type: 'INT' }])]), last: call('FINAL', [call('LAST', [{ kind: 'PATTERN_INPUT_REF', alpha: 'A', inputIndex: 1, type: 'INT' }, literal(0)])]) } } },
    makes: ['a', 'last', 'total'], origins: { a: 'l.a', last: 'l.b', total: '~l.b' }, reads: ['PARTITION l.a', 'MATCH l.b', 'SORT l.c'],
  })),
  ...['stream-exec-correlate_1', 'batch-exec-correlate_1', 'stream-exec-async-correlate_1', 'stream-exec-python-correlate_1'].map((type) => ({
    type, own: { joinType: 'INNER', functionCall: { kind: 'CALL', systemName: 'split', operands: [{ kind: 'FIELD_ACCESS', name: 'b', expr: { kind: 'CORREL_VARIABLE', correl: '$cor0', type: row('a INT, b INT, c INT') } }], type: row('w INT') }, condition: call('>', [ref(0), literal(1)]) },
    makes: ['a', 'b', 'c', 'w'], origins: { ...HANDED_ON, w: '~l.b' }, reads: ['FILTER l.b', 'JOIN l.b'],
  })),
  { type: 'stream-exec-process-table-function_1', own: { functionCall: { kind: 'CALL', systemName: 'f', operands: [{ kind: 'TABLE_ARG_CALL', inputIndex: 0, partitionKeys: [1], orderKeys: [2] }, call('DEFAULT', []), call('DEFAULT', [])] } }, makes: ['b', 'p'], origins: { b: 'l.b', p: '~l.a ~l.b ~l.c' }, reads: ['PARTITION l.b', 'SORT l.c'] },
  { type: 'stream-exec-process-table-function_1', own: { functionCall: { kind: 'CALL', systemName: 'f', operands: [{ kind: 'TABLE_ARG_CALL', inputIndex: 0, partitionKeys: [] }, call('DEFAULT', []), call('DEFAULT', [])] } }, makes: ['a', 'b', 'c', 'p'], origins: { ...HANDED_ON, p: '~l.a ~l.b ~l.c' } },
  { type: 'stream-exec-process-table-function_1', own: { functionCall: { kind: 'CALL', systemName: 'f', operands: [{ kind: 'TABLE_ARG_CALL', inputIndex: 1, partitionKeys: [0] }, { kind: 'TABLE_ARG_CALL', inputIndex: 0, partitionKeys: [0] }, call('DESCRIPTOR', [literal('y')]), call('DEFAULT', [])] } }, makes: ['x', 'a', 'p', 'rowtime'], origins: { x: 'r.x', a: 'l.a', p: '~l.a ~l.b ~l.c ~r.x ~r.y', rowtime: 'r.y' }, reads: ['PARTITION l.a', 'PARTITION r.x'], sides: ['l', 'r'] },
  { type: 'stream-exec-process-table-function_1', own: { functionCall: { kind: 'CALL', internalName: '$TO_CHANGELOG$1', operands: [{ kind: 'TABLE_ARG_CALL', inputIndex: 0, partitionKeys: [1] }, call('DEFAULT', [])] } }, makes: ['b', 'op', 'a', 'c'], origins: { ...HANDED_ON, op: '' }, reads: ['PARTITION l.b'] },
  { type: 'stream-exec-process-table-function_1', own: { functionCall: { kind: 'CALL', internalName: '$FROM_CHANGELOG$1', operands: [{ kind: 'TABLE_ARG_CALL', inputIndex: 0, partitionKeys: [] }, call('DESCRIPTOR', [literal('c')])] } }, makes: ['a', 'b'], origins: { a: 'l.a', b: 'l.b' }, reads: ['FILTER l.c'] },
];

describe('each type of node by itself', () => {
  test.each(CASES.map((one) => [one.type, one] as const))('%s hands on what it should and reads what decides rows', (type, { own = {}, makes, origins, reads = [], sides = ['l'] }) => {
    const lineage = resolved(planOf({ ...SIDES, node: { type, row: row(makes.map((name) => `${name} INT`).join(', ')), inputs: sides, own }, sink: sinkOf('node', makes) }));
    expect(lineage.unknown).toEqual([]);
    expect(originTexts(lineage)).toEqual(origins);
    expect(readTexts(lineage)).toEqual(reads);
  });
});

const TWO_STAGES = { l: L };
const key = row('k INT, buffer INT');

describe('aggregation in two stages', () => {
  test('the second stage refers to the rows before the first, through whatever stands between them', () => {
    const calls = [agg('SUM', [2], 1)];
    const lineage = resolved(planOf({
      ...TWO_STAGES,
      local: { type: 'stream-exec-local-group-aggregate_1', row: key, inputs: ['l'], own: { grouping: [0], aggCalls: calls } },
      exchange: { type: 'stream-exec-exchange_1', row: key, inputs: ['local'] },
      global: { type: 'stream-exec-global-group-aggregate_1', row: row('k INT, s INT'), inputs: ['exchange'], own: { grouping: [0], aggCalls: calls, localAggInputRowType: row('a INT, b INT, c INT') } },
      sink: sinkOf('global', ['k', 's']),
    }));
    expect([originTexts(lineage), readTexts(lineage), lineage.unknown]).toEqual([{ k: 'l.a', s: '~l.c' }, ['GROUP l.a', 'CONDITION l.b'], []]);
  });

  test('a split DISTINCT has one more stage, whose results the last one refers to', () => {
    const lineage = resolved(planOf({
      ...TWO_STAGES,
      local: { type: 'stream-exec-local-group-aggregate_1', row: row('k INT, bucket INT, count INT, seen INT'), inputs: ['l'], own: { grouping: [0, 2], aggCalls: [agg('COUNT', [1])] } },
      incremental: { type: 'stream-exec-incremental-group-aggregate_1', row: key, inputs: ['local'], own: { partialAggGrouping: [0, 1], finalAggGrouping: [0], partialOriginalAggCalls: [agg('COUNT', [1])], partialLocalAggInputRowType: row('a INT, b INT, c INT') } },
      global: { type: 'stream-exec-global-group-aggregate_1', row: row('k INT, n INT'), inputs: ['incremental'], own: { grouping: [0], aggCalls: [agg('$SUM0', [2])], localAggInputRowType: row('b INT, f INT, g INT') } },
      sink: sinkOf('global', ['k', 'n']),
    }));
    expect([originTexts(lineage), readTexts(lineage), lineage.unknown]).toEqual([{ k: 'l.a', n: '~l.b' }, ['GROUP l.a', 'GROUP l.c'], []]);
  });

  test('the window of the second stage is the last column of the first', () => {
    const lineage = resolved(planOf({
      ...TWO_STAGES,
      local: { type: 'stream-exec-local-window-aggregate_1', row: row('k INT, buffer INT, slice BIGINT'), inputs: ['l'], own: { grouping: [0], aggCalls: [agg('SUM', [1])], windowing: TIME_WINDOW } },
      global: { type: 'stream-exec-global-window-aggregate_1', row: row('k INT, s INT, w INT'), inputs: ['local'], own: { grouping: [0], aggCalls: [agg('SUM', [1])], windowing: { strategy: 'SliceAttached', window: {}, sliceEnd: 2 }, namedWindowProperties: [WINDOW_START] } },
      sink: sinkOf('global', ['k', 's', 'w']),
    }));
    expect([originTexts(lineage), lineage.unknown]).toEqual([{ k: 'l.a', s: '~l.b', w: '~l.c' }, []]);
  });

  test.each(['hash', 'sort'])('in batch the merging stage of %s aggregation refers to the rows before the local one, sorted in between', (kind) => {
    const lineage = resolved(planOf({
      ...TWO_STAGES,
      local: { type: `batch-exec-${kind}-aggregate_1`, row: key, inputs: ['l'], own: { grouping: [2], auxGrouping: [], aggCalls: [agg('SUM', [1])], isMerge: false, isFinal: false } },
      sort: { type: 'batch-exec-sort_1', row: key, inputs: ['local'], own: { sortSpec: sortBy(0) } },
      merge: { type: `batch-exec-${kind}-aggregate_1`, row: row('k INT, s INT'), inputs: ['sort'], own: { grouping: [0], auxGrouping: [], aggCalls: [agg('SUM', [1])], aggInputRowType: row('a INT, b INT, c INT'), isMerge: true, isFinal: true } },
      sink: sinkOf('merge', ['k', 's']),
    }));
    expect([originTexts(lineage), lineage.unknown]).toEqual([{ k: 'l.c', s: '~l.b' }, []]);
  });

  test('a window aggregation in batch merges what its local stage made', () => {
    const own = { grouping: [0], auxGrouping: [], aggCalls: [agg('SUM', [1])], namedWindowProperties: [WINDOW_START] };
    const lineage = resolved(planOf({
      ...TWO_STAGES,
      local: { type: 'batch-exec-sort-window-aggregate_1', row: row('k INT, pane INT, buffer INT'), inputs: ['l'], own: { ...own, inputTimeFieldIndex: 2, isMerge: false, isFinal: false } },
      merge: { type: 'batch-exec-sort-window-aggregate_1', row: row('k INT, s INT, w INT'), inputs: ['local'], own: { ...own, inputTimeFieldIndex: 1, isMerge: true, isFinal: true } },
      sink: sinkOf('merge', ['k', 's', 'w']),
    }));
    expect([originTexts(lineage).k, originTexts(lineage).s, lineage.unknown]).toEqual(['l.a', '~l.b', []]);
  });

  test('a source that aggregates itself is the first stage', () => {
    const lineage = resolved(planOf({
      l: { ...scanOf('l', ['k', 'buffer']), own: { scanTableSource: { table: (L.own!.scanTableSource as Own).table, abilities: [{ type: 'AggregatePushDown', inputType: row('a INT, b INT, c INT'), groupingSets: [[2]], aggregateCalls: [agg('SUM', [1])], producedType: key }] } } },
      merge: { type: 'batch-exec-hash-aggregate_1', row: row('k INT, s INT'), inputs: ['l'], own: { grouping: [0], auxGrouping: [], aggCalls: [agg('SUM', [1])], isMerge: true, isFinal: true } },
      sink: sinkOf('merge', ['k', 's']),
    }));
    expect([originTexts(lineage), lineage.unknown]).toEqual([{ k: 'l.c', s: '~l.b' }, []]);
  });

  test('a second stage without a first is unknown', () => {
    const lineage = resolved(planOf({
      ...TWO_STAGES,
      global: { type: 'stream-exec-global-group-aggregate_1', row: row('k INT, s INT'), inputs: ['l'], own: { grouping: [0], aggCalls: [agg('SUM', [1])] } },
      sink: sinkOf('global', ['k', 's']),
    }));
    expect(originTexts(lineage)).toEqual({ k: '?', s: '?' });
    expect(lineage.unknown).toEqual([{ reason: 'node 1 (stream-exec-global-group-aggregate_1): expected the first stage of the aggregation before it' }]);
  });
});

test('deduplication by rowtime is ordered by the time attribute, which the node does not name', () => {
  const outputType = rowWithRowtime(['a', 'b', 'c'], 'b');
  const lineage = resolved(planOf({
    l: { ...L, row: outputType },
    node: { type: 'stream-exec-deduplicate_1', row: outputType, inputs: ['l'], own: { uniqueKeys: [0], isRowtime: true, keepLastRow: true } },
    sink: sinkOf('node', ['a', 'b', 'c']),
  }));
  expect([readTexts(lineage), lineage.unknown]).toEqual([['PARTITION l.a', 'SORT l.b'], []]);
});

test('an expression in a part of a node that nobody knows makes the answer partial, the columns stay', () => {
  const lineage = resolved(planOf({ l: L, node: { type: 'stream-exec-exchange_1', row: L.row, inputs: ['l'], own: { configuration: { a: 'b' }, pushedFilter: [{ deep: call('>', [ref(0), literal(1)]) }] } }, sink: sinkOf('node', ['a', 'b', 'c']) }));
  expect(originTexts(lineage)).toEqual(HANDED_ON);
  expect(lineage.unknown).toEqual([{ reason: 'node 1 (stream-exec-exchange_1): has an expression in pushedFilter that is not known' }]);
  expect(lineage.tables[0]!.wholeTable).toBe(true);
});

test('every known type of node is met in the corpora or stands here by itself', () => {
  const met = new Set([...CASES_WITH_PLAN.map(({ plan }) => plan), ...[...CLUSTER_PLANS.values()].map((text): unknown => JSON.parse(text))].flat().flatMap((plan) => (plan as { nodes: readonly { type: string }[] }).nodes.map(({ type }) => type)));
  const here = new Set(CASES.map(({ type }) => type));
  const source = new Set([...met, ...here].map((type) => type.replace(/^(stream|batch)-exec-|_\d+$/g, '')));
  const twoStages = ['local-group-aggregate', 'global-group-aggregate', 'incremental-group-aggregate', 'sort-window-aggregate'];
  const same = ['lookup-join', 'python-async-calc', 'python-group-window-aggregate', 'table-source-scan', 'sink'];
  const unseen = [...NODE_RULES.keys()].filter((type) => !source.has(type.replace(/^(stream|batch)-exec-|_\d+$/g, '')) && ![...twoStages, ...same].includes(type.replace(/^(stream|batch)-exec-|_\d+$/g, '')));
  expect(unseen).toEqual([]);
});
