import { ENTITY_KINDS } from '../catalog/names.ts';
import type { BaseGraph } from './base-graph.ts';
import { at, IntColumn } from './int-column.ts';

export type Direction = 'upstream' | 'downstream';

/** Where a walk gets from a field in one step that is known and true now: step by step to `to[i]`, for i in [start[n], start[n + 1]). */
export interface Steps {
  readonly start: Int32Array;
  readonly to: Int32Array;
}
export function stepsOf(base: BaseGraph, direction: Direction): Steps {
  return direction === 'downstream' ? { start: base.downStart, to: base.downTo } : { start: base.upStart, to: base.upTo };
}

/** Rows grouped by the node a walk comes from, those true now in front, and what lies at their far end and on the way; -1 for nothing. */
export interface RowsAlong {
  readonly start: Int32Array;
  readonly now: Int32Array;
  /** Null where rows already lie in this order. */
  readonly items: Int32Array | null;
  readonly far: Int32Array;
  readonly via: Int32Array;
}

const FIELD = ENTITY_KINDS.indexOf('field');
/** Nodes between two chances to let others run. */
const SLICE = 20_000;

/** Lays out the steps from every field: each node once, in order of the first row that leads there. Other nodes have none, so that a walk ends there by itself. */
export function* layOutSteps(kinds: Uint8Array, { start, now, items, far, via }: RowsAlong): Generator<void, Steps> {
  const firsts = new Int32Array(kinds.length + 1);
  const to = new IntColumn(far.length + 1);
  /** The last node found to lead there. */
  const leads = new Int32Array(kinds.length).fill(-1);
  for (let node = 0; node < kinds.length; node++) {
    if (node % SLICE === 0) yield;
    const end = at(kinds, node) === FIELD ? at(now, node) : 0;
    for (let i = at(start, node); i < end; i++) {
      const row = items === null ? i : at(items, i);
      for (const target of [at(far, row), at(via, row)]) {
        if (target < 0 || at(leads, target) === node) continue;
        leads[target] = node;
        to.push(target);
      }
    }
    firsts[node + 1] = to.length;
  }
  return { start: firsts, to: to.toArray() };
}

/** The first row that is true now and derives one field from another; -1 where none does. A field derives from few others, however many derive from it. */
export function rowBetween(base: BaseGraph, from: number, to: number): number {
  for (let i = at(base.inStart, to); i < at(base.inNow, to); i++) if (at(base.from, at(base.inRow, i)) === from) return at(base.inRow, i);
  return -1;
}
