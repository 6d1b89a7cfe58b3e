import { type FieldLineage, transformed } from '../../field-lineage.ts';
import type { RowReason } from '../../lineage.ts';
import { NotUnderstood } from '../plan-fault.ts';
import { indexAt, indexesAt, isObject, objectAt } from '../plan-json.ts';
import type { NodeRule, NodeWalk } from '../node-walk.ts';

/** Where the strategies of a windowing keep the columns that say to which window a row belongs. */
const WINDOW_COLUMNS: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['TimeAttribute', ['timeAttributeIndex']],
  ['WindowAttached', ['windowStart', 'windowEnd']],
  ['SliceAttached', ['sliceEnd']],
]);

/** What the window of a row is computed from. */
export function windowLineage(walk: NodeWalk, windowing: unknown, columns: readonly FieldLineage[]): FieldLineage {
  return transformed(walk.all(windowColumns(windowing), columns));
}

/** Rows are put together by window; by keys too where the window is a session of one partition. */
export function readWindowing(walk: NodeWalk, windowing: unknown, columns: readonly FieldLineage[], also: RowReason | null): void {
  walk.reads('WINDOW', windowColumns(windowing), columns);
  if (also !== null) walk.reads(also, windowColumns(windowing), columns);
  const { window } = objectAt(windowing, 'windowing');
  if (isObject(window) && window.partitionKeyIndices !== undefined) walk.reads('PARTITION', indexesAt(window.partitionKeyIndices, 'partitionKeyIndices'), columns);
}

function windowColumns(windowing: unknown): readonly number[] {
  const spec = objectAt(windowing, 'windowing');
  const keys = WINDOW_COLUMNS.get(spec.strategy);
  if (keys === undefined) throw new NotUnderstood('unknown strategy of windowing');
  // A window that is attached by its end alone has no start: -1.
  return keys.map((key) => indexAt(spec[key], `windowing.${key}`)).filter((index) => index >= 0);
}

/** TUMBLE, HOP, CUMULATE, SESSION: the row and window_start, window_end, window_time. */
export const windowTableFunction: NodeRule = (walk) => {
  const { columns } = walk.input;
  readWindowing(walk, walk.json.windowing, columns, null);
  const window = windowLineage(walk, walk.json.windowing, columns);
  return { columns: [...columns, window, window, window] };
};
