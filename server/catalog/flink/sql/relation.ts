import type { FieldLineage } from '../field-lineage.ts';
import { type LogicalType, withNullability } from '../logical-type.ts';
import type { Ancestry } from './ancestry.ts';

/** A value in a query: where it comes from and, where it can be told, its type. */
export interface Value {
  readonly lineage: FieldLineage;
  /** null: not known, and may be null. */
  readonly type: LogicalType | null;
  /** Set where the planner knows the condition to be always true, or always false. */
  readonly truth?: boolean;
}
export interface Column extends Value {
  readonly name: string;
  /**
   * Set where the column stands for any number of columns nobody knows the names of: answers what a column
   * of this name comes from.
   */
  readonly rest?: (name: string) => Value;
}

/** Rows with named columns. */
export class Relation {
  readonly columns: readonly Column[];
  readonly reads: Ancestry;
  /** `catalog.database.table` where it is a table or view itself. */
  readonly table: string | null;
  /** The column that stands for any number of unknown ones. */
  readonly rest: Column | undefined;
  #places: ReadonlyMap<string, readonly number[]> | null = null;
  #nullable: Relation | null = null;
  #hiding: ReadonlyMap<string, readonly Column[]> | null = null;

  constructor(columns: readonly Column[], reads: Ancestry, table: string | null = null) {
    this.columns = columns;
    this.reads = reads;
    this.table = table;
    this.rest = columns.find((column) => column.rest !== undefined);
  }

  /** The columns of this name: more than one when a subquery named two alike. */
  named(name: string): readonly Column[] {
    this.#places ??= indexed(this.columns);
    return (this.#places.get(name) ?? []).map((i) => this.columns[i] as Column);
  }

  /** The row columns that have a field of this name, at any depth. */
  hiding(name: string): readonly Column[] {
    this.#hiding ??= fieldsIn(this.columns);
    return this.#hiding.get(name) ?? [];
  }

  get hasDuplicates(): boolean {
    this.#places ??= indexed(this.columns);
    return [...this.#places.values()].some((places) => places.length > 1);
  }

  /** The same rows with every column nullable: the side of an outer join that may be missing. */
  nullable(): Relation {
    this.#nullable ??= new Relation(this.columns.map(nullableColumn), this.reads, this.table);
    return this.#nullable;
  }

  renamed(names: readonly string[]): Relation {
    return new Relation(this.columns.map((column, i) => ({ ...column, name: names[i] ?? column.name })), this.reads);
  }
}

export function nullableColumn(column: Column): Column {
  return column.type === null || column.type.nullable ? column : { ...column, type: withNullability(column.type, true) };
}

function indexed(columns: readonly Column[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  columns.forEach(({ name, rest }, i) => {
    if (rest !== undefined) return;
    const same = places.get(name);
    if (same === undefined) places.set(name, [i]);
    else same.push(i);
  });
  return places;
}

function fieldsIn(columns: readonly Column[]): ReadonlyMap<string, readonly Column[]> {
  const hiding = new Map<string, Column[]>();
  for (const column of columns) {
    const names = new Set<string>();
    collectFields(column.type, names);
    for (const name of names) {
      const others = hiding.get(name);
      if (others === undefined) hiding.set(name, [column]);
      else others.push(column);
    }
  }
  return hiding;
}

function collectFields(type: LogicalType | null, into: Set<string>): void {
  if (type?.kind !== 'row') return;
  for (const field of type.fields) {
    into.add(field.name);
    collectFields(field.type, into);
  }
}
