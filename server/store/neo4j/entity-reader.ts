import { type Aspect, type Evidence, EVIDENCES, type Observation } from '../../catalog/changes.ts';
import { datasetKey, type EntityKind, type EntityRef, entityKey, parseEntityKey, type ReaderRef } from '../../catalog/names.ts';
import { aspectCode } from '../sqlite/codes.ts';
import { effective, statedSince } from '../sqlite/lifetime.ts';
import type { EntityRecord, FactRecord, StatedSince } from '../store.ts';
import { NO_SCHEMA } from './sightings.ts';
import { statementsAt } from './slots.ts';
import type { Transaction } from './transaction.ts';
import { bodyText, type StoredBody } from './values.ts';

/** What names a node: its key, or a field's path with its dataset's key. */
export const NAME_COLUMNS = '[(d)-[:HAS_FIELD]->(n) | d.key][0], n.key, n.path';
export type NameColumns = readonly [datasetKey: string | null, key: string | null, path: string | null];

export function refOf([dataset, key, path]: NameColumns): EntityRef {
  if (path === null) return refOfKey(key ?? '');
  const { namespace, name } = refOfKey(dataset ?? '');
  return { kind: 'field', namespace, name, path };
}
export function refOfKey(key: string): EntityRef {
  const ref = parseEntityKey(key);
  if (ref === null) throw new Error(`a stored entity key cannot be read: ${key.slice(0, 200)}`);
  return ref;
}

/** What is said about an entity at an event time, or now; null when it was never heard of. */
export async function readEntity(transaction: Transaction, ref: EntityRef, asOf: number | null): Promise<EntityRecord | null> {
  const id = await findNode(transaction, ref);
  if (id === null) return null;
  return { ref, id, facts: await readFacts(transaction, id, asOf), observations: await readObservations(transaction, id, ref) };
}

async function findNode(transaction: Transaction, ref: EntityRef): Promise<number | null> {
  const found = ref.kind === 'field'
    ? await transaction.one<[number]>('MATCH (d:Entity { key: $key }) MATCH (f:Field { dataset: d.id, path: $path }) RETURN f.id', { key: datasetKey(ref), path: ref.path })
    : await transaction.one<[number]>('MATCH (n:Entity { key: $key }) RETURN n.id', { key: entityKey(ref) });
  return found?.[0] ?? null;
}

type StoredFact = readonly [slot: number, aspect: Aspect, part: string, evidence: Evidence, time: number, sequence: number, event: string, body: StoredBody];

async function readFacts(transaction: Transaction, about: number, asOf: number | null): Promise<FactRecord[]> {
  const found = await transaction.run<StoredFact>(
    asOf === null
      ? `MATCH (:Entity { id: $about })-[:HAS_SLOT]->(s) ${statementsAt('s.id', 's.newest')}
         RETURN s.id, s.aspect, s.part, s.evidence, t.time, t.sequence, t.event, t.body`
      : `MATCH (:Entity { id: $about })-[:HAS_SLOT]->(s)-[:HAS_STATEMENT]->(said) WHERE said.time <= $asOf WITH s, max(said.time) AS time
         ${statementsAt('s.id', 'time')}
         RETURN s.id, s.aspect, s.part, s.evidence, t.time, t.sequence, t.event, t.body`,
    { about, asOf },
  );
  const facts = [...Map.groupBy(found, ([slot]) => slot).values()].flatMap((statements) => latestFact(statements) ?? []);
  return facts.sort((a, b) => aspectCode(a.aspect) - aspectCode(b.aspect) || byCodePoint(a.part, b.part) || EVIDENCES.indexOf(a.evidence) - EVIDENCES.indexOf(b.evidence));
}

function latestFact(statements: readonly StoredFact[]): FactRecord | null {
  const latest = effective(statements.map(([, aspect, part, evidence, time, sequence, event, body]) => ({ aspect, part, evidence, time, sequence, event, body }))).at(-1);
  const text = latest === undefined ? null : bodyText(latest.body);
  if (latest === undefined || text === null) return null;
  const { aspect, part, evidence, time, sequence, event } = latest;
  return { aspect, part, evidence, at: { time, sequence, event }, body: JSON.parse(text) as unknown } as FactRecord;
}

/** Texts in the order in which both stores keep them. */
export function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Since when each statement of an aspect that is in force now has been made without being withdrawn. */
export async function readStatedSince(transaction: Transaction, ref: EntityRef, aspect: Aspect): Promise<StatedSince[]> {
  const id = await findNode(transaction, ref);
  if (id === null) return [];
  const said = await transaction.run<[string, Evidence, number, number, string, boolean]>(
    `MATCH (:Entity { id: $id })-[:HAS_SLOT]->(s:Slot { aspect: $aspect })-[:HAS_STATEMENT]->(t)
     RETURN s.part, s.evidence, t.time, t.sequence, t.event, t.body IS NOT NULL`,
    { id, aspect },
  );
  const since = statedSince(said.map(([part, evidence, time, sequence, event, stated]) => ({ part, evidence, time, sequence, event, stated })));
  return since.sort((a, b) => byCodePoint(a.part, b.part) || EVIDENCES.indexOf(a.evidence) - EVIDENCES.indexOf(b.evidence));
}

async function readObservations(transaction: Transaction, actor: number, ref: EntityRef): Promise<Observation[]> {
  if (ref.kind !== 'job' && ref.kind !== 'consumer') return [];
  const reader: ReaderRef = { kind: ref.kind, namespace: ref.namespace, name: ref.name };
  const seen = await transaction.run<[Observation['what'], number, number, number, ...NameColumns]>(
    `MATCH (:Entity { id: $actor })-[r:SEEN]->(n) RETURN r.what, coalesce(r.schemaId, ${NO_SCHEMA}), r.firstSeen, r.lastSeen, ${NAME_COLUMNS} ORDER BY r.what, n.id, r.schemaId`,
    { actor },
  );
  return seen.map(([what, schemaId, firstSeen, lastSeen, ...name]) => {
    const target = what === 'alive' ? null : refOf(name);
    return {
      change: 'observation', what, actor: reader,
      dataset: target === null ? null : { namespace: target.namespace, name: target.name },
      path: target?.kind === 'field' ? target.path : null,
      schemaId: schemaId === NO_SCHEMA ? null : schemaId, firstSeen, lastSeen,
    };
  });
}

/** Entities by id, in the order asked; null for an id never given out. */
export async function readNames(transaction: Transaction, ids: readonly number[]): Promise<(EntityRef | null)[]> {
  const found = await transaction.all<[number, ...NameColumns]>(`UNWIND $rows AS id MATCH (n:Entity { id: id }) RETURN n.id, ${NAME_COLUMNS}`, [...new Set(ids)]);
  const refs = new Map(found.map(([id, ...name]) => [id, refOf(name)]));
  return ids.map((id) => refs.get(id) ?? null);
}

/** Entities of a kind by ascending key (in code point order), after `after`. */
export async function readEntities(transaction: Transaction, kind: EntityKind, page: { readonly after: string | null; readonly limit: number }): Promise<EntityRef[]> {
  const first = `${kind}:`;
  const after = page.after !== null && page.after > first ? page.after : first;
  const found = await transaction.run<[string]>('MATCH (n:Entity) WHERE n.key > $after AND n.key < $end RETURN n.key ORDER BY n.key LIMIT $limit', { after, end: `${kind};`, limit: page.limit });
  return found.map(([key]) => refOfKey(key));
}
