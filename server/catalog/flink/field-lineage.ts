import { type FieldOrigin, placeKey, sortedOrigins } from './lineage.ts';

/**
 * Where a value comes from: the places it is copied or computed from, the rows it was built as (they can be
 * taken apart again field by field), or something nobody can tell. No strand: from no field at all.
 */
export type FieldLineage = readonly Strand[];

type Strand = Place | BuiltRow | Unknown;
interface Place {
  readonly strand: 'place';
  readonly origin: FieldOrigin;
  /** One text for place and kind, to drop repetitions. */
  readonly key: string;
}
interface BuiltRow {
  readonly strand: 'row';
  readonly parts: readonly RowPart[];
  /** Everything inside, as what the whole row is computed from. */
  readonly whole: FieldLineage;
}
interface Unknown {
  readonly strand: 'unknown';
  /** Why, and at which offset of the script. */
  readonly because?: { readonly reason: string; readonly at: number };
}
export interface RowPart {
  readonly name: string;
  readonly lineage: FieldLineage;
}

export const FROM_NOTHING: FieldLineage = [];
export const FROM_UNKNOWN: FieldLineage = [{ strand: 'unknown' }];

export function unknownBecause(reason: string, at: number): FieldLineage {
  return [{ strand: 'unknown', because: { reason, at } }];
}

/** Steps into collections, as paths write them. */
export const ELEMENT = '[]';
export const MAP_KEY = '{key}';
export const MAP_VALUE = '{value}';

/** Rows built in different branches beyond this many are no longer kept apart. */
const MAX_BUILT_ROWS = 32;

export function fromColumn(table: string, column: string): FieldLineage {
  return [place({ table, column, path: [], kind: 'IDENTITY' })];
}

export function fromBuiltRow(parts: readonly RowPart[]): FieldLineage {
  return [{ strand: 'row', parts, whole: transformed(merged(parts.map(({ lineage }) => lineage))) }];
}

/** The value of a row's field, an array's element or a map's key or value. What was computed stays at the place that was read. */
export function accessed(lineage: FieldLineage, step: string): FieldLineage {
  return merged(lineage.map((strand): FieldLineage => {
    switch (strand.strand) {
      case 'place':
        return strand.origin.kind === 'TRANSFORM' ? [strand] : [place({ ...strand.origin, path: [...strand.origin.path, step] })];
      case 'row':
        return strand.parts.find(({ name }) => name === step)?.lineage ?? strand.whole;
      case 'unknown':
        return [strand];
    }
  }));
}

/** The lineage of a value that may be any of these. */
export function merged(lineages: readonly FieldLineage[]): FieldLineage {
  const some = lineages.filter((lineage) => lineage.length > 0);
  if (some.length <= 1) return some[0] ?? FROM_NOTHING;
  const strands = new Map<unknown, Strand>();
  let rows = 0;
  for (const strand of some.flat()) {
    if (strand.strand === 'place') strands.set(strand.key, strand);
    else if (strand.strand === 'unknown') strands.set(strand.because?.reason ?? 'unknown', strand);
    else if (!strands.has(strand)) {
      if (rows++ < MAX_BUILT_ROWS) strands.set(strand, strand);
      else for (const inside of strand.whole) strands.set(inside.strand === 'place' ? inside.key : inside, inside);
    }
  }
  return [...strands.values()];
}

/** The lineage of something computed from this. */
export function transformed(lineage: FieldLineage): FieldLineage {
  if (lineage.every((strand) => strand.strand === 'unknown' || (strand.strand === 'place' && strand.origin.kind === 'TRANSFORM'))) return lineage;
  return merged(lineage.map((strand) => {
    if (strand.strand === 'row') return strand.whole;
    return strand.strand === 'unknown' || strand.origin.kind === 'TRANSFORM' ? [strand] : [place({ ...strand.origin, kind: 'TRANSFORM' })];
  }));
}

export function isUnknown(lineage: FieldLineage): boolean {
  return lineage.some((strand) => strand.strand === 'unknown' || (strand.strand === 'row' && isUnknown(strand.whole)));
}

/** Why what is unknown in it is unknown, where that was said. */
export function reasonsOf(lineage: FieldLineage): { readonly reason: string; readonly at: number }[] {
  return lineage.flatMap((strand) => {
    if (strand.strand === 'row') return reasonsOf(strand.whole);
    return strand.strand === 'unknown' && strand.because !== undefined ? [strand.because] : [];
  });
}

/** The places by name; null when some are unknown. A whole row that was built counts as computed from its parts. */
export function originsOf(lineage: FieldLineage): FieldOrigin[] | null {
  return isUnknown(lineage) ? null : sortedOrigins(placesOf(lineage));
}

/** The places that are known, whatever else there may be. */
export function placesOf(lineage: FieldLineage): FieldOrigin[] {
  const origins = new Map<string, FieldOrigin>();
  for (const strand of lineage) {
    for (const inside of strand.strand === 'row' ? strand.whole : [strand]) if (inside.strand === 'place') origins.set(inside.key, inside.origin);
  }
  return [...origins.values()];
}

function place(origin: FieldOrigin): Place {
  return { strand: 'place', origin, key: `${origin.kind}\u0000${placeKey(origin)}` };
}
