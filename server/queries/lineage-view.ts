import type { EntityRef } from '../catalog/names.ts';
import type { Closure, ReachedEntry } from '../graph/closure.ts';
import type { ClosureRequest } from '../graph/lineage-index.ts';
import { ownerOf } from './catalog-reader.ts';
import { type QueryParts, requireEntity, trueAt } from './view.ts';

/** A closure that pages are cut from: it stays of its revision however the catalog moves on. */
export interface HeldClosure {
  readonly request: ClosureRequest;
  readonly closure: Closure;
  readonly head: object;
}

/** Everything up- or downstream of an entity, whole; the caller pages it. */
export async function holdClosure(from: EntityRef, request: Omit<ClosureRequest, 'from'>, parts: QueryParts): Promise<HeldClosure> {
  await requireEntity(from, parts.catalog, request.asOf);
  const whole: ClosureRequest = { ...request, from: [from] };
  const closure = parts.index.closure(whole);
  const head = {
    from,
    direction: request.direction,
    depth: request.depth,
    total: closure.size,
    counts: closure.counts,
    completeness: closure.completeness,
    ...trueAt(parts.index, request),
  };
  return { request: whole, closure, head };
}

/** Entries of a window, with owners, and paths where asked for. */
export async function closureEntries(held: HeldClosure, window: { readonly offset: number; readonly limit: number }, withPaths: boolean, parts: QueryParts): Promise<object[]> {
  const entries = [...held.closure.entries(window.offset, window.limit)];
  return Promise.all(entries.map((entry) => reachedDocument(entry, held.closure, withPaths, parts)));
}

export async function reachedDocument({ ref, distance, certainty }: ReachedEntry, closure: Closure, withPath: boolean, { catalog }: QueryParts): Promise<object> {
  const owned: EntityRef = ref.kind === 'field' ? { kind: 'dataset', namespace: ref.namespace, name: ref.name } : ref;
  const owner = ownerOf(await catalog.entity(owned));
  return { ...ref, distance, certainty, owner, ...(withPath ? { steps: closure.walkTo(ref) } : {}) };
}
