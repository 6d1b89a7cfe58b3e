import { ROWS_AT_ONCE, type Transaction } from './transaction.ts';
import type { Parameter } from './values.ts';

/** Rows that have something in common, which is sent and looked up once; `each` holds what is their own. */
export interface RowGroup {
  readonly each: readonly Parameter[];
  readonly [name: string]: Parameter;
}

/** Rows of a group in one statement, at most: a dataset may have more than fit. */
const ROWS_OF_GROUP = 2_000;

/** Sends a statement that takes groups as `$rows`, as often as there are portions of their rows. */
export function sendGroups(transaction: Transaction, cypher: string, groups: readonly RowGroup[]): void {
  let portion: RowGroup[] = [];
  let room = ROWS_AT_ONCE;
  for (const group of groups.flatMap(cut)) {
    if (room < group.each.length) {
      transaction.send(cypher, { rows: portion });
      [portion, room] = [[], ROWS_AT_ONCE];
    }
    portion.push(group);
    room -= group.each.length;
  }
  if (portion.length > 0) transaction.send(cypher, { rows: portion });
}

function cut(group: RowGroup): RowGroup[] {
  const { each } = group;
  if (each.length <= ROWS_OF_GROUP) return [group];
  return Array.from({ length: Math.ceil(each.length / ROWS_OF_GROUP) }, (_, i) => ({ ...group, each: each.slice(i * ROWS_OF_GROUP, (i + 1) * ROWS_OF_GROUP) }));
}
