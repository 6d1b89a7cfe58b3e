import { derivedFrom, type FieldSet, type Reservation, useOf } from '../catalog/gate/reservation.ts';
import type { DownstreamReader } from '../catalog/gate/world.ts';
import { type DatasetRef, datasetKey, entityKey, type EntityRef, type FieldRef, type Named } from '../catalog/names.ts';
import type { Certainty, Closure } from '../graph/closure.ts';
import type { LineageIndex } from '../graph/lineage-index.ts';
import { type CatalogReader, ownerOf } from '../queries/catalog-reader.ts';
import { sameName } from '../queries/dataset-state.ts';
import { isDeployed } from '../queries/job-state.ts';

export interface ReachParts {
  readonly catalog: CatalogReader;
  readonly index: LineageIndex;
  /** What is reserved of a dataset by jobs with a permit. */
  readonly reserved: { readonly isEmpty: boolean; touching(dataset: DatasetRef): readonly Reservation[] };
}

/** Fields that change go out from here: the changed one itself, or what a job with a permit would make of it. */
interface Origin {
  readonly fields: FieldSet;
  /** From the changed field up to here; the fields of `fields` come next. */
  readonly before: readonly EntityRef[];
  readonly hops: number;
  readonly certainty: Certainty;
}

/**
 * Readers two hops away and more, deployed or with a permit to start; direct ones are judged by their schemas. `except`: the
 * job that asks.
 */
export async function downstreamReaders(field: FieldRef, except: Named, parts: ReachParts): Promise<DownstreamReader[]> {
  const readers = new Map<string, DownstreamReader>();
  const origins: Origin[] = [{ fields: { dataset: { namespace: field.namespace, name: field.name }, paths: [field.path], except: null }, before: [], hops: 0, certainty: 'known' }];
  const seen = new Set<string>();
  for (let origin = origins.shift(); origin !== undefined; origin = origins.shift()) {
    const key = JSON.stringify([origin.fields, origin.certainty]);
    if (seen.has(key)) continue;
    seen.add(key);
    const from = startsOf(origin.fields, parts.index);
    const closure = parts.index.closure({ from, direction: 'downstream', depth: null, asOf: null, evidence: null });
    const reached = parts.reserved.isEmpty ? new Map<string, Reached>() : new Map<string, Reached>([[datasetKey(origin.fields.dataset), { fields: origin.fields, via: null, distance: 0, certainty: 'known' }]]);
    for (const { ref, distance, certainty } of closure.entries()) {
      if (ref.kind === 'field') note(ref, { distance, certainty }, reached, parts);
      if (distance + origin.hops < 2 || (ref.kind !== 'job' && ref.kind !== 'consumer') || (ref.kind === 'job' && sameName(ref, except))) continue;
      const record = await parts.catalog.entity(ref);
      if (isDeployed(record)) add(readers, { ref: { kind: ref.kind, namespace: ref.namespace, name: ref.name }, owner: ownerOf(record), certainty: weaker(certainty, origin.certainty), path: [...origin.before, ...walk(closure, ref, from)] });
    }
    for (const one of reached.values()) origins.push(...reservedUses(one, { origin, closure, from, except, readers }, parts));
  }
  return [...readers.values()];
}

/** Fields of one dataset that a walk reached. */
interface Reached {
  readonly fields: FieldSet;
  /** The nearest of them; null where the walk began. */
  readonly via: EntityRef | null;
  readonly distance: number;
  readonly certainty: Certainty;
}

function note(ref: FieldRef, { distance, certainty }: { readonly distance: number; readonly certainty: Certainty }, reached: Map<string, Reached>, { reserved }: ReachParts): void {
  if (reserved.isEmpty || reserved.touching(ref).length === 0) return;
  const key = `${certainty} ${datasetKey(ref)}`;
  const known = reached.get(key);
  if (known !== undefined) (known.fields.paths as string[]).push(ref.path);
  else reached.set(key, { fields: { dataset: { namespace: ref.namespace, name: ref.name }, paths: [ref.path], except: null }, via: { kind: 'field', ...ref }, distance, certainty });
}

interface Walked {
  readonly origin: Origin;
  readonly closure: Closure;
  readonly from: readonly EntityRef[];
  readonly except: Named;
  readonly readers: Map<string, DownstreamReader>;
}

/** Jobs with a permit that use what was reached: readers themselves, and where it goes on from them. */
function reservedUses({ fields, via, distance, certainty }: Reached, { origin, closure, from, except, readers }: Walked, { reserved }: ReachParts): Origin[] {
  return reserved.touching(fields.dataset).flatMap((reservation): Origin[] => {
    const use = useOf(reservation.program, fields);
    if (use === null || sameName(reservation.job, except)) return [];
    const ref = { kind: 'job' as const, namespace: reservation.job.namespace, name: reservation.job.name };
    const sure = weaker(weaker(use, certainty), origin.certainty);
    const before = [...origin.before, ...(via === null ? from.slice(0, 1) : walk(closure, via, from)), ref];
    if (origin.hops + distance > 0) add(readers, { ref, owner: reservation.owner, certainty: sure, path: before });
    return derivedFrom(reservation.program, fields).map(({ certainty: made, ...derived }) => ({ fields: derived, before, hops: origin.hops + distance + 1, certainty: weaker(made, sure) }));
  });
}

/** Where a walk over the graph begins; a dataset whose fields nobody knows stands for them. */
function startsOf({ dataset, paths, except }: FieldSet, index: LineageIndex): EntityRef[] {
  const listed = paths.map((path): EntityRef => ({ kind: 'field', ...dataset, path }));
  if (except === null) return listed;
  const known = index.fieldsOf(dataset);
  if (known.length === 0) return [...listed, { kind: 'dataset', ...dataset }];
  return [...listed, ...known.filter(({ path }) => !except.includes(path)).map((field): EntityRef => ({ kind: 'field', ...field }))];
}

function walk(closure: Closure, to: EntityRef, from: readonly EntityRef[]): readonly EntityRef[] {
  const path = closure.walkTo(to);
  return path.length > 0 ? path : [...from.slice(0, 1), to];
}

/** What is known is told before what is possible. */
function add(readers: Map<string, DownstreamReader>, reader: DownstreamReader): void {
  const key = entityKey(reader.ref);
  const there = readers.get(key);
  if (there === undefined || (there.certainty === 'possible' && reader.certainty === 'known')) readers.set(key, reader);
}

function weaker(a: Certainty, b: Certainty): Certainty {
  return a === 'known' ? b : a;
}
