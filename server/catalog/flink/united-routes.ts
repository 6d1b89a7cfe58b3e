import type { FieldOrigin, FieldRead, ProgramLineage, SinkColumn, SinkLineage, TableUse } from './lineage.ts';
import { placeKey, sortedOrigins, sortedReads } from './lineage.ts';

/** What two routes to the lineage of one job say together, and where they differ. */
export interface UnitedLineage {
  readonly lineage: ProgramLineage;
  /** One sentence for each sink column or sink on which they disagree. */
  readonly differences: readonly string[];
}

/** How many differences are told one by one. */
const MAX_DIFFERENCES = 50;

/**
 * The union of what the SQL and the compiled plan of one job say. The optimiser leaves out of the plan what it
 * finds it does not need, so the SQL usually says more; neither is taken to know better.
 */
export function unitedLineage(sql: ProgramLineage, plan: ProgramLineage): UnitedLineage {
  const differences: string[] = [];
  const left = [...plan.sinks];
  const sinks = sql.sinks.map((sink) => {
    const i = left.findIndex((other) => other.table === sink.table);
    const [other] = i === -1 ? [] : left.splice(i, 1);
    if (other !== undefined) return unitedSink(sink, other, differences);
    differences.push(`only the script writes ${sink.table}`);
    return sink;
  });
  differences.push(...left.map(({ table }) => `only the plan writes ${table}`));
  const unknown = [...sql.unknown, ...plan.unknown];
  return {
    lineage: { completeness: unknown.length === 0 ? 'complete' : 'partial', sinks: [...sinks, ...left], tables: unitedTables(sql.tables, plan.tables), unknown },
    differences: differences.slice(0, MAX_DIFFERENCES),
  };
}

function unitedSink(a: SinkLineage, b: SinkLineage, differences: string[]): SinkLineage {
  const columns = a.columns.map((column): SinkColumn => {
    const other = b.columns.find(({ name }) => name === column.name);
    if (column.origins === null || other === undefined || other.origins === null) return { name: column.name, origins: other === undefined ? column.origins : null };
    const told = difference(column.origins, other.origins);
    if (told !== null) differences.push(`${a.table}.${column.name}: ${told}`);
    return { name: column.name, origins: sortedOrigins(unique([...column.origins, ...other.origins], ({ kind }) => kind)) };
  });
  const reads = sortedReads(unique([...a.reads, ...b.reads], ({ why }) => why));
  const told = difference(distinctPlaces(a.reads), distinctPlaces(b.reads));
  if (told !== null) differences.push(`rows of ${a.table}: ${told}`);
  return { table: a.table, columns, reads };
}

/** Places only: how a filter that moved into a join is called is no difference. */
function difference(sql: readonly (FieldOrigin | FieldRead)[], plan: readonly (FieldOrigin | FieldRead)[]): string | null {
  const [inSql, inPlan] = [new Set(sql.map(nameOf)), new Set(plan.map(nameOf))];
  const onlySql = [...inSql].filter((place) => !inPlan.has(place));
  const onlyPlan = [...inPlan].filter((place) => !inSql.has(place));
  if (onlySql.length === 0 && onlyPlan.length === 0) return null;
  return [...(onlySql.length === 0 ? [] : [`only the script reads ${onlySql.join(', ')}`]), ...(onlyPlan.length === 0 ? [] : [`only the plan reads ${onlyPlan.join(', ')}`])].join('; ');
}

function nameOf({ table, column }: FieldOrigin | FieldRead): string {
  return `${table}.${column}`;
}

/** Watermarks are moved out of the plan's reach by some sources. */
function distinctPlaces(reads: readonly FieldRead[]): readonly FieldRead[] {
  return reads.filter(({ why }) => why !== 'WATERMARK');
}

function unique<T extends FieldOrigin | FieldRead>(places: readonly T[], detail: (place: T) => string): T[] {
  const seen = new Map<string, T>();
  for (const place of places) {
    const key = `${placeKey(place)} ${detail(place)}`;
    if (!seen.has(key)) seen.set(key, place);
  }
  return [...seen.values()];
}

/** The script's tables, and those only the plan has. */
function unitedTables(sql: readonly TableUse[], plan: readonly TableUse[]): TableUse[] {
  const there = new Set(sql.map(({ table }) => table));
  return [...sql, ...plan.filter(({ table }) => !there.has(table))];
}
