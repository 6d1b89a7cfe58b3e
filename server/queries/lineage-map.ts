import { type DatasetRef, entityKey, type EntityRef, type FieldRef, type ReaderRef } from '../catalog/names.ts';
import type { Completeness } from '../catalog/changes.ts';
import type { Direction } from '../graph/steps.ts';
import type { EvidenceSeen } from '../graph/usage.ts';
import { bearingsOf, evidenceDocument, type QueryParts, requireEntity, trueAt, type View } from './view.ts';
import { ownerOf } from './catalog-reader.ts';

/** Neighbours of a node that are shown one by one; the others are counted by owner. */
const FAN = 12;
/** The same for a node that somebody asks to see whole. */
const WIDE_FAN = 200;
/** Nodes of a map at most: what a screen can show and a layout can place in time. */
const MOST_NODES = 400;
/** Fields of a card at most. */
const MOST_FIELDS = 40;
/** Moments of a map at most, the newest: what somebody steps through. */
const MOST_MOMENTS = 100;
/** Neighbours at a side whose owners are looked up for counting, each a reading of the store; of the others nothing is said. */
const MOST_OWNERS = 1_000;

export interface MapRequest extends View {
  readonly focus: EntityRef;
  readonly directions: readonly Direction[];
  /** Hops around the focus; from a dataset to a job is one, from there to its outputs another. */
  readonly depth: number;
  /** Keys of nodes whose neighbours are shown wherever they lie. */
  readonly open: ReadonlySet<string>;
  /** Keys of nodes all of whose neighbours are shown. */
  readonly whole: ReadonlySet<string>;
  /** Keys of datasets whose fields are listed; of a field's map those that matter are. */
  readonly listed: ReadonlySet<string>;
}

type Owned = DatasetRef & { readonly kind: 'dataset' | 'job' | 'consumer' };
interface MapNode {
  readonly ref: Owned;
  readonly key: string;
  readonly distance: number;
}
interface Group {
  readonly node: string;
  readonly direction: Direction;
  readonly owner: string | null;
  /** False: nobody looked whose these are. */
  readonly looked: boolean;
  readonly count: number;
}

/** The neighbourhood of an entity as a drawing needs it: whole nodes, edges between them, and counts of what is not drawn. */
export async function lineageMap(request: MapRequest, parts: QueryParts): Promise<object> {
  await requireEntity(request.focus, parts.catalog, request.asOf);
  const relevance = relevanceOf(request, parts);
  const { nodes, groups } = await neighbourhood(request, relevance, parts);
  const shown = new Map(nodes.map((node) => [node.key, node]));
  const fields = new Map(nodes.map(({ key, ref }) => [key, fieldsOf(ref, key, { request, relevance, parts })]));
  const documents = nodes.map(async ({ ref, key, distance }) => ({ key, ...ref, ...(await bearingsOf(ref, parts.catalog)), distance, fields: (fields.get(key) ?? []).slice(0, MOST_FIELDS), fieldTotal: fields.get(key)?.length ?? 0 }));
  return {
    focus: request.focus,
    nodes: await Promise.all(documents),
    groups,
    edges: nodes.flatMap((node) => edgesOf(node, shown, { request, relevance, parts })),
    fieldEdges: nodes.flatMap((node) => fieldEdgesOf(node, fields, { request, parts })),
    moments: parts.index.momentsOf(request.focus).slice(-MOST_MOMENTS).map((moment) => new Date(moment).toISOString()),
    ...trueAt(parts.index, request),
  };
}

/** What matters to a field: the fields and programs that its value comes from or goes to; null where everything does. */
type Relevance = { readonly fields: ReadonlyMap<string, readonly string[]>; readonly programs: ReadonlySet<string> } | null;

function relevanceOf({ focus, directions, ...view }: MapRequest, { index }: QueryParts): Relevance {
  if (focus.kind !== 'field') return null;
  const fields = new Map<string, string[]>([[entityKey({ kind: 'dataset', namespace: focus.namespace, name: focus.name }), [focus.path]]]);
  const programs = new Set<string>();
  for (const direction of directions) {
    for (const { ref } of index.closure({ from: [focus], direction, depth: null, asOf: view.asOf, evidence: view.evidence }).entries()) {
      if (ref.kind === 'job' || ref.kind === 'consumer') programs.add(entityKey(ref));
      const dataset = ref.kind === 'field' ? entityKey({ kind: 'dataset', namespace: ref.namespace, name: ref.name }) : ref.kind === 'dataset' ? entityKey(ref) : null;
      if (dataset === null) continue;
      const known = fields.get(dataset) ?? [];
      if (ref.kind === 'field') known.push(ref.path);
      fields.set(dataset, known);
    }
  }
  return { fields, programs };
}

/** Breadth first, so that what is nearest is drawn when there is not room for all. */
async function neighbourhood(request: MapRequest, relevance: Relevance, parts: QueryParts): Promise<{ nodes: MapNode[]; groups: Group[] }> {
  const start = startOf(request.focus);
  const nodes: MapNode[] = [{ ref: start, key: entityKey(start), distance: 0 }];
  const seen = new Set(nodes.map(({ key }) => key));
  const hidden: { readonly place: Pick<Group, 'node' | 'direction'>; readonly refs: readonly Owned[] }[] = [];
  for (let next = 0; next < nodes.length; next++) {
    const node = nodes[next];
    if (node === undefined) break;
    const isOpen = node.distance < request.depth || request.open.has(node.key);
    for (const direction of request.directions) {
      const neighbours = neighboursOf(node.ref, direction, { request, parts }).filter((ref) => isRelevant(ref, relevance) && !seen.has(entityKey(ref)));
      const room = isOpen ? Math.min(request.whole.has(node.key) ? WIDE_FAN : FAN, MOST_NODES - nodes.length) : 0;
      for (const ref of neighbours.slice(0, room)) {
        seen.add(entityKey(ref));
        nodes.push({ ref, key: entityKey(ref), distance: node.distance + 1 });
      }
      hidden.push({ place: { node: node.key, direction }, refs: neighbours.slice(room) });
    }
  }
  // What was left out at one node may be shown by another.
  const groups = await Promise.all(hidden.map(({ place, refs }) => groupsOf(refs.filter((ref) => !seen.has(entityKey(ref))), place, parts)));
  return { nodes, groups: groups.flat() };
}

function startOf(focus: EntityRef): Owned {
  const { namespace, name } = focus;
  return { kind: focus.kind === 'job' || focus.kind === 'consumer' ? focus.kind : 'dataset', namespace, name };
}

function neighboursOf(ref: Owned, direction: Direction, { request, parts: { index } }: { readonly request: MapRequest; readonly parts: QueryParts }): Owned[] {
  if (ref.kind === 'dataset') {
    const all = direction === 'downstream' ? index.readersOf(ref, request) : index.writersOf(ref, request);
    return all.map(({ ref: { kind, namespace, name } }) => ({ kind, namespace, name }));
  }
  const { reads, writes } = index.programOf(ref as ReaderRef, request);
  return (direction === 'downstream' ? writes : reads).map(({ dataset }) => ({ kind: 'dataset', namespace: dataset.namespace, name: dataset.name }));
}

function isRelevant(ref: Owned, relevance: Relevance): boolean {
  if (relevance === null) return true;
  return ref.kind === 'dataset' ? relevance.fields.has(entityKey(ref)) : relevance.programs.has(entityKey(ref));
}

async function groupsOf(hidden: readonly Owned[], place: { readonly node: string; readonly direction: Direction }, { catalog }: QueryParts): Promise<Group[]> {
  const owners = await Promise.all(hidden.slice(0, MOST_OWNERS).map(async (ref) => ownerOf(await catalog.entity(ref))));
  const groups = [...Map.groupBy(owners, (owner) => owner)].map(([owner, all]): Group => ({ ...place, owner, looked: true, count: all.length }));
  const others = hidden.length - owners.length;
  return others === 0 ? groups : [...groups, { ...place, owner: null, looked: false, count: others }];
}

interface Drawing {
  readonly request: MapRequest;
  readonly relevance: Relevance;
  readonly parts: QueryParts;
}

function fieldsOf(ref: Owned, key: string, { request, relevance, parts }: Drawing): readonly string[] {
  if (ref.kind !== 'dataset') return [];
  if (request.listed.has(key)) return parts.index.fieldsOf(ref, request).map(({ path }) => path);
  return relevance?.fields.get(key) ?? [];
}

interface MapEdge {
  readonly from: string;
  readonly to: string;
  readonly completeness: Completeness;
  readonly evidence: object[];
  /** Fields read along it, with why; of a field's map only those that matter. */
  readonly fields: readonly { readonly path: string; readonly reasons: readonly string[] }[];
}

/** Edges of a program that is shown, to datasets that are. */
function edgesOf({ ref, key }: MapNode, shown: ReadonlyMap<string, MapNode>, { request, relevance, parts }: Drawing): MapEdge[] {
  if (ref.kind === 'dataset') return [];
  const { reads, writes } = parts.index.programOf(ref as ReaderRef, request);
  const place = (dataset: DatasetRef): string => entityKey({ kind: 'dataset', ...dataset });
  const said = ({ completeness, evidence }: { readonly completeness: Completeness; readonly evidence: readonly EvidenceSeen[] }) => ({ completeness, evidence: evidenceDocument(evidence) });
  const matters = (dataset: string, path: string): boolean => relevance === null || relevance.fields.get(dataset)?.includes(path) === true;
  return [
    ...reads.filter(({ dataset }) => shown.has(place(dataset))).map((read): MapEdge => ({ from: place(read.dataset), to: key, ...said(read), fields: read.fields.filter(({ path }) => matters(place(read.dataset), path)).slice(0, MOST_FIELDS) })),
    ...writes.filter(({ dataset }) => shown.has(place(dataset))).map((write): MapEdge => ({ from: key, to: place(write.dataset), ...said(write), fields: [] })),
  ];
}

/** Where the fields of a shown dataset come from, as far as those fields are shown too. */
function fieldEdgesOf({ ref, key }: MapNode, fields: ReadonlyMap<string, readonly string[]>, { request, parts }: Pick<Drawing, 'request' | 'parts'>): object[] {
  if (ref.kind !== 'dataset') return [];
  return (fields.get(key) ?? []).slice(0, MOST_FIELDS).flatMap((path) => {
    const field: FieldRef = { namespace: ref.namespace, name: ref.name, path };
    return parts.index.fieldUse(field, request).derivesFrom.flatMap(({ field: origin, via, identity }) => {
      const from = entityKey({ kind: 'dataset', namespace: origin.namespace, name: origin.name });
      const isShown = origin.kind === 'field' && fields.get(from)?.slice(0, MOST_FIELDS).includes(origin.path) === true;
      return isShown ? [{ from, fromPath: origin.path, to: key, toPath: path, via: via === null ? null : entityKey(via), identity }] : [];
    });
  });
}
