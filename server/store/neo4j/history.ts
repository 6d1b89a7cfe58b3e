import type { Aspect, Evidence, GraphChange, Observation, Statement } from '../../catalog/changes.ts';
import type { OffsetAdvance } from '../store.ts';
import { SLOTS_AT_ONCE, type StoreHistory } from '../history.ts';
import { newestRevision } from './catalog-node.ts';
import type { Connection } from './connection.ts';
import { type NameColumns, NAME_COLUMNS, refOf } from './entity-reader.ts';
import { NO_SCHEMA } from './sightings.ts';
import { bodyText, type StoredBody } from './values.ts';

type StoredStatement = readonly [slot: number, aspect: Aspect, part: string, evidence: Evidence, time: number, sequence: number, event: string, body: StoredBody, ...NameColumns];
type Sighting = readonly [actor: string, what: Observation['what'], schemaId: number, firstSeen: number, lastSeen: number, ...NameColumns];

/** The history of a store in Neo4j, up to the revision it is at when asked; observations as they are when read. */
export function neo4jHistory(connection: Connection): StoreHistory {
  return {
    async* changes() {
      yield* statements(connection);
      yield* observations(connection);
    },
    offsets: async () => {
      const stored = await connection.read((transaction) => transaction.run<[string, number, number, number]>('MATCH (o:IngestOffset) RETURN o.topic, o.partition, o.next, o.generation'));
      return stored.map(([topic, partition, next, generation]): OffsetAdvance => ({ topic, partition, from: next, next, generation }));
    },
    close: () => connection.close(),
  };
}

async function* statements(connection: Connection): AsyncGenerator<GraphChange[]> {
  const { revision } = await connection.read(newestRevision);
  for (let after = 0; ; after += SLOTS_AT_ONCE) {
    const [found, [largest = 0] = []] = await connection.read(async (transaction) => [
      await transaction.run<StoredStatement>(
        `MATCH (s:Slot) WHERE s.id > $after AND s.id <= $to MATCH (n)-[:HAS_SLOT]->(s)-[:HAS_STATEMENT]->(t) WHERE t.revision <= $revision
         RETURN s.id, s.aspect, s.part, s.evidence, t.time, t.sequence, t.event, t.body, ${NAME_COLUMNS}`,
        { after, to: after + SLOTS_AT_ONCE, revision },
      ),
      await transaction.one<[number]>("MATCH (s:SluiceStore { name: 'catalog' }) RETURN s.slots"),
    ]);
    yield found.map(([, aspect, part, evidence, time, sequence, event, body, ...name]) => {
      const text = bodyText(body);
      return { change: 'statement', about: refOf(name), aspect, part, evidence, at: { time, sequence, event }, body: text === null ? null : (JSON.parse(text) as unknown) } as Statement;
    });
    if (after + SLOTS_AT_ONCE >= largest) return;
  }
}

async function* observations(connection: Connection): AsyncGenerator<GraphChange[]> {
  for (let after = 0; ; after += SLOTS_AT_ONCE) {
    const [found, [largest = 0] = []] = await connection.read(async (transaction) => [
      await transaction.run<Sighting>(
        `MATCH (a:Entity)-[r:SEEN]->(n) WHERE a.id > $after AND a.id <= $to
         RETURN a.key, r.what, coalesce(r.schemaId, ${NO_SCHEMA}), r.firstSeen, r.lastSeen, ${NAME_COLUMNS}`,
        { after, to: after + SLOTS_AT_ONCE },
      ),
      await transaction.one<[number]>("MATCH (s:SluiceStore { name: 'catalog' }) RETURN s.nodes"),
    ]);
    yield found.map(([actor, what, schemaId, firstSeen, lastSeen, ...name]) => {
      const target = what === 'alive' ? null : refOf(name);
      return {
        change: 'observation', what, actor: refOf([null, actor, null]), dataset: target === null ? null : { namespace: target.namespace, name: target.name },
        path: target?.kind === 'field' ? target.path : null, schemaId: schemaId === NO_SCHEMA ? null : schemaId, firstSeen, lastSeen,
      } as Observation;
    });
    if (after + SLOTS_AT_ONCE >= largest) return;
  }
}
