import { EVIDENCES, type GraphChange, type Observation, type Statement } from '../../catalog/changes.ts';
import type { OffsetAdvance } from '../store.ts';
import { SLOTS_AT_ONCE, type StoreHistory } from '../history.ts';
import { type StoredBody, unpackBody } from './bodies.ts';
import { aspectCode, aspectOf } from './codes.ts';
import { Connection, many } from './connection.ts';
import { readNames } from './entity-reader.ts';
import { NO_SCHEMA, OBSERVABLE } from './observed.ts';

type StoredSlot = readonly [slot: number, about: number, aspect: number, part: string, evidence: number];
type StoredStatement = readonly [slot: number, time: number, sequence: number, event: string, body: StoredBody];
type Sighting = readonly [actor: number, what: number, target: number, schemaId: number, firstSeen: number, lastSeen: number];

/** Opens a store in a file to read its history, of one moment however long that takes. */
export function openSqliteHistory(file: string): StoreHistory {
  const connection = new Connection({ file, readonly: true, busyTimeoutMs: 5_000, maxPages: null });
  connection.db.exec('BEGIN');
  return {
    async* changes() {
      yield* statements(connection);
      yield* observations(connection);
    },
    offsets: async () => many<[string, number, number, number]>(connection.sql('SELECT topic, partition, next, generation FROM ingest_offset')).map(
      ([topic, partition, next, generation]): OffsetAdvance => ({ topic, partition, from: next, next, generation })),
    close: () => connection.close(),
  };
}

function* statements(connection: Connection): Generator<GraphChange[]> {
  const slots = connection.sql('SELECT id, about, aspect, part, evidence FROM slot WHERE id > ? AND aspect <> ? ORDER BY id LIMIT ?');
  const said = connection.sql('SELECT slot, time, sequence, event, body FROM statement WHERE slot = ?');
  for (let after = 0; ; ) {
    const page = many<StoredSlot>(slots, after, aspectCode('observed'), SLOTS_AT_ONCE);
    if (page.length === 0) return;
    after = page.at(-1)?.[0] ?? after;
    const abouts = readNames(connection, page.map(([, about]) => about));
    yield page.flatMap(([slot, , aspect, part, evidence], i) => many<StoredStatement>(said, slot).map(([, time, sequence, event, body]) => ({
      change: 'statement', about: abouts[i], aspect: aspectOf(aspect), part, evidence: EVIDENCES[evidence], at: { time, sequence, event },
      body: body === null ? null : (JSON.parse(unpackBody(body)) as unknown),
    }) as Statement));
  }
}

function* observations(connection: Connection): Generator<GraphChange[]> {
  const page = connection.sql('SELECT actor, what, target, schema_id, first_seen, last_seen FROM observation WHERE actor > ? AND actor <= ?');
  const largest = many<[number | null]>(connection.sql('SELECT max(actor) FROM observation'))[0]?.[0] ?? 0;
  for (let after = 0; after < largest; after += SLOTS_AT_ONCE) {
    const seen = many<Sighting>(page, after, after + SLOTS_AT_ONCE);
    const [actors, targets] = [readNames(connection, seen.map(([actor]) => actor)), readNames(connection, seen.map(([, , target]) => target))];
    yield seen.map(([, what, , schemaId, firstSeen, lastSeen], i) => {
      const target = targets[i] ?? null;
      return {
        change: 'observation', what: OBSERVABLE[what], actor: actors[i], dataset: target === null ? null : { namespace: target.namespace, name: target.name },
        path: target?.kind === 'field' ? target.path : null, schemaId: schemaId === NO_SCHEMA ? null : schemaId, firstSeen, lastSeen,
      } as Observation;
    });
  }
}
