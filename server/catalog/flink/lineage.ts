import type { LogicalType } from './logical-type.ts';

/** IDENTITY: the value is copied; TRANSFORM: it is computed from this and perhaps other fields. */
export type OriginKind = 'IDENTITY' | 'TRANSFORM';

/** Why a field decides which rows a sink gets, or how they are arranged. */
export type RowReason = 'FILTER' | 'JOIN' | 'GROUP' | 'SORT' | 'WINDOW' | 'PARTITION' | 'MATCH' | 'CONDITION' | 'WATERMARK';

/** A place inside a column of a source table. */
export interface SourceField {
  /** `catalog.database.table`. */
  readonly table: string;
  readonly column: string;
  /** Row field names; `[]` an array element, `{key}` and `{value}` the parts of a map. */
  readonly path: readonly string[];
}
export interface FieldOrigin extends SourceField {
  readonly kind: OriginKind;
}
export interface FieldRead extends SourceField {
  readonly why: RowReason;
  /** Where in the script the deciding clause stands; absent for a plan. */
  readonly at?: TextPosition;
}
/** Lines and columns are counted from 1, columns in UTF-16 units. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

export interface SinkLineage {
  readonly table: string;
  /** The columns that are stored, in declared order. `origins: null`: unknown, may be anything the job reads. */
  readonly columns: readonly SinkColumn[];
  /** What decides rows, over the whole tree that feeds this sink. */
  readonly reads: readonly FieldRead[];
}
export interface SinkColumn {
  readonly name: string;
  readonly origins: readonly FieldOrigin[] | null;
}

/** What could not be known, and where; each one may hide origins and reads. */
export interface UnknownPart extends Partial<TextPosition> {
  readonly reason: string;
}

export const COLUMN_SOURCES = ['physical', 'computed', 'metadata', 'virtual-metadata'] as const;
export interface TableColumn {
  readonly name: string;
  readonly source: (typeof COLUMN_SOURCES)[number];
  /** null: not said by the program. */
  readonly type: LogicalType | null;
  /** Of a metadata column: the connector's key for it, where it is not the column's name. */
  readonly metadataKey?: string;
}

/** A table the program reads or writes, without any option that could hold a secret. */
export interface TableUse {
  readonly table: string;
  readonly roles: readonly ('source' | 'sink')[];
  /** Empty where the program does not say (a temporary table in a plan). */
  readonly columns: readonly TableColumn[];
  readonly options: KeptOptions;
  /** Physical columns a source must deliver although nothing is said of single fields: unknown use. */
  readonly wholeTable: boolean;
}

/** The connector options that name things; every other option is dropped where the program is read. */
export type KeptOptions = { readonly [option: string]: string };

export interface ProgramLineage {
  /** `complete`: nothing is missing. `partial`: see `unknown`. */
  readonly completeness: 'complete' | 'partial';
  readonly sinks: readonly SinkLineage[];
  readonly tables: readonly TableUse[];
  readonly unknown: readonly UnknownPart[];
}

/** A program that Flink would refuse too, or that is beyond a limit named in the message. */
export interface ProgramFault extends Partial<TextPosition> {
  readonly message: string;
}
export type LineageResult =
  | { readonly outcome: 'resolved'; readonly lineage: ProgramLineage }
  | { readonly outcome: 'invalid'; readonly fault: ProgramFault };

const SEPARATOR = '\u0000';

/** One text for one place, to compare and to keep sets of places. */
export function placeKey({ table, column, path }: SourceField): string {
  return path.length === 0 ? `${table}${SEPARATOR}${column}` : `${table}${SEPARATOR}${column}${SEPARATOR}${path.join(SEPARATOR)}`;
}

/** Order by place, then by kind: the same set always reads the same. */
export function sortedOrigins(origins: Iterable<FieldOrigin>): FieldOrigin[] {
  return [...origins].sort((a, b) => comparePlaces(a, b) || compareTexts(a.kind, b.kind));
}

/** Order by place, then by reason. */
export function sortedReads(reads: Iterable<FieldRead>): FieldRead[] {
  return [...reads].sort((a, b) => comparePlaces(a, b) || compareTexts(a.why, b.why));
}

function comparePlaces(a: SourceField, b: SourceField): number {
  return compareTexts(a.table, b.table) || compareTexts(a.column, b.column) || compareTexts(a.path.join(SEPARATOR), b.path.join(SEPARATOR));
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
