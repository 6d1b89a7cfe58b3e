import { type Aspect, EVIDENCES, type Observation } from '../../catalog/changes.ts';
import { evidenceAt } from '../../catalog/lineage/rows.ts';
import { ENTITY_KINDS, type EntityKind, type EntityRef, entityKey, type ReaderRef } from '../../catalog/names.ts';
import type { EntityRecord, FactRecord, StatedSince } from '../store.ts';
import { aspectCode, aspectOf } from './codes.ts';
import { type Connection, many, one } from './connection.ts';
import { DatasetNames, refOfKey } from './graph-source.ts';
import { statedSince } from './lifetime.ts';
import { NO_SCHEMA, NO_TARGET, OBSERVABLE } from './observed.ts';
import { latestStatement } from './statements.ts';

/** What is said about an entity at an event time; null when it was never heard of. */
export function readEntity(connection: Connection, ref: EntityRef, asOf: number): EntityRecord | null {
  const id = findNode(connection, ref);
  if (id === null) return null;
  return { ref, id, facts: readFacts(connection, id, asOf), observations: readObservations(connection, id, ref) };
}

/** The id of a node, null when there is none. */
export function findNode(connection: Connection, ref: EntityRef): number | null {
  const byKey = connection.sql('SELECT id FROM node WHERE key = ?');
  if (ref.kind !== 'field') return one<[number]>(byKey, entityKey(ref).toWellFormed())?.[0] ?? null;
  const dataset = entityKey({ kind: 'dataset', namespace: ref.namespace, name: ref.name }).toWellFormed();
  const byPath = connection.sql('SELECT id FROM node WHERE dataset = (SELECT id FROM node WHERE key = ?) AND path = ?');
  return one<[number]>(byPath, dataset, ref.path.toWellFormed())?.[0] ?? null;
}

function readFacts(connection: Connection, about: number, asOf: number): FactRecord[] {
  const slots = connection.sql('SELECT id, aspect, part, evidence FROM slot WHERE about = ? AND aspect <> ? ORDER BY aspect, part, evidence');
  return many<[number, number, string, number]>(slots, about, aspectCode('observed')).flatMap(([slot, aspect, part, evidence]) => {
    const latest = latestStatement(connection, slot, asOf);
    if (latest === null || latest.body === null) return [];
    const { time, sequence, event, body } = latest;
    const fact = { aspect: aspectOf(aspect), part, evidence: EVIDENCES[evidence], at: { time, sequence, event }, body: JSON.parse(body) };
    return [fact as FactRecord];
  });
}

/** Since when each statement of an aspect that is in force now has been made without being withdrawn. */
export function readStatedSince(connection: Connection, ref: EntityRef, aspect: Aspect): StatedSince[] {
  const id = findNode(connection, ref);
  if (id === null) return [];
  const rows = connection.sql(
    `SELECT s.part, s.evidence, t.time, t.sequence, t.event, t.body IS NOT NULL FROM slot s JOIN statement t ON t.slot = s.id
     WHERE s.about = ? AND s.aspect = ? ORDER BY s.part, s.evidence`,
  );
  const said = many<[string, number, number, number, string, number]>(rows, id, aspectCode(aspect)).map(
    ([part, evidence, time, sequence, event, stated]) => ({ part, evidence: evidenceAt(evidence), time, sequence, event, stated: stated === 1 }));
  return statedSince(said);
}

function readObservations(connection: Connection, actor: number, ref: EntityRef): Observation[] {
  if (ref.kind !== 'job' && ref.kind !== 'consumer') return [];
  const reader: ReaderRef = { kind: ref.kind, namespace: ref.namespace, name: ref.name };
  const rows = connection.sql('SELECT what, target, schema_id, first_seen, last_seen FROM observation WHERE actor = ?');
  const seen = many<[number, number, number, number, number]>(rows, actor);
  const targets = readNames(connection, seen.map(([, target]) => target));
  return seen.map(([what, , schemaId, firstSeen, lastSeen], i) => {
    const target = targets[i] ?? null;
    return {
      change: 'observation',
      what: OBSERVABLE[what] ?? 'alive',
      actor: reader,
      dataset: target === null ? null : { namespace: target.namespace, name: target.name },
      path: target?.kind === 'field' ? target.path : null,
      schemaId: schemaId === NO_SCHEMA ? null : schemaId,
      firstSeen,
      lastSeen,
    };
  });
}

/** Entities by id, in the order asked; null for an id never given out. */
export function readNames(connection: Connection, ids: readonly number[]): (EntityRef | null)[] {
  const datasets = new DatasetNames(connection);
  const find = connection.sql('SELECT key, dataset, path FROM node WHERE id = ?');
  return ids.map((id) => {
    const row = id === NO_TARGET ? undefined : one<[string | null, number | null, string | null]>(find, id);
    if (row === undefined) return null;
    const [key, dataset, path] = row;
    if (dataset === null) return refOfKey(key ?? '');
    const { namespace, name } = datasets.of(dataset);
    return { kind: 'field', namespace, name, path: path ?? '' };
  });
}

/** Entities of a kind by ascending key (in code point order), after `after`. */
export function readEntities(connection: Connection, kind: EntityKind, page: { readonly after: string | null; readonly limit: number }): EntityRef[] {
  const first = `${kind}:`;
  const rows = connection.sql('SELECT key FROM node WHERE key > ? AND key < ? ORDER BY key LIMIT ?');
  const after = page.after !== null && page.after > first ? page.after.toWellFormed() : first;
  return many<[string]>(rows, after, `${kind};`, page.limit).map(([key]) => refOfKey(key));
}

/** How many entities there are of each kind. */
export function countEntities(connection: Connection): Record<EntityKind, number> {
  const counts = ENTITY_KINDS.map((kind) => [kind, readTally(connection, `node:${kind}`)] as const);
  return Object.fromEntries(counts) as Record<EntityKind, number>;
}

export function readTally(connection: Connection, what: string): number {
  return one<[number]>(connection.sql('SELECT n FROM tally WHERE what = ?'), what)?.[0] ?? 0;
}
