import { randomUUID } from 'node:crypto';
import { ENTITY_KINDS, type EntityKind } from '../../catalog/names.ts';
import { StoreIncompatible } from '../store.ts';
import type { Connection } from './connection.ts';
import { stateOwners } from './decision-owners.ts';
import type { Transaction } from './transaction.ts';

/** One step from the version before to `version`. */
export interface Neo4jMigration {
  readonly version: number;
  /** Constraints and indexes: Neo4j changes them outside of other transactions, so each must bear being made twice. */
  readonly schema: readonly string[];
  /** Changes of data, in one transaction with the new version number. */
  readonly data?: (transaction: Transaction) => Promise<unknown>;
}

/** The label of each kind of entity, for people who query the graph. */
export const LABELS: Readonly<Record<EntityKind, string>> = {
  dataset: 'Dataset', field: 'Field', job: 'Job', consumer: 'Consumer', processor: 'Processor', pipeline: 'Pipeline', subject: 'Subject', team: 'Team',
};
/** The full text index of the words of everything that can be found. */
export const WORDS_INDEX = 'sluice_words';

const unique = (name: string, label: string, ...properties: string[]): string =>
  `CREATE CONSTRAINT sluice_${name} IF NOT EXISTS FOR (n:${label}) REQUIRE (${properties.map((property) => `n.${property}`).join(', ')}) IS UNIQUE`;
const index = (name: string, label: string, property: string): string => `CREATE INDEX sluice_${name} IF NOT EXISTS FOR (n:${label}) ON (n.${property})`;

/** Every step there ever was, ascending from 1. A step that has been released never changes. */
export const NEO4J_MIGRATIONS: readonly Neo4jMigration[] = [
  {
    version: 1,
    schema: [
      unique('entity_id', 'Entity', 'id'), unique('entity_key', 'Entity', 'key'), unique('field_path', 'Field', 'dataset', 'path'),
      unique('slot_id', 'Slot', 'id'), unique('slot_place', 'Slot', 'about', 'aspect', 'part', 'evidence'),
      unique('statement_order', 'Statement', 'slot', 'time', 'sequence', 'event'),
      unique('offset_place', 'IngestOffset', 'topic', 'partition'), unique('owner_name', 'Owner', 'name'),
      unique('revision_number', 'Revision', 'number'), unique('revision_batch', 'Revision', 'batch'),
      unique('ledger_sequence', 'LedgerEntry', 'sequence'), unique('ledger_id', 'LedgerEntry', 'id'), unique('ledger_key', 'LedgerEntry', 'idempotencyKey'),
      index('entity_revision', 'Entity', 'revision'), index('card_revision', 'Entity', 'cardRevision'),
      index('slot_edges', 'Slot', 'edgeRevision'), index('slot_said', 'Slot', 'saidRevision'),
      index('ledger_job', 'LedgerEntry', 'job'), index('ledger_outcome', 'LedgerEntry', 'outcome'), index('ledger_kind', 'LedgerEntry', 'kind'),
      index('dataset_name', 'Dataset', 'name'), index('job_name', 'Job', 'name'),
      'CREATE INDEX sluice_derives_slot IF NOT EXISTS FOR ()-[r:DERIVES]-() ON (r.slot)',
      // The words come folded and separated by blanks, so the plainest analyzer does.
      `CREATE FULLTEXT INDEX ${WORDS_INDEX} IF NOT EXISTS FOR (n:Entity) ON EACH [n.wordsWhole, n.wordsName, n.wordsDoc, n.wordsTags, n.wordsOwner]
       OPTIONS { indexConfig: { \`fulltext.analyzer\`: 'whitespace' } }`,
    ],
    data: (transaction) => transaction.run(
      `MATCH (s:SluiceStore { name: 'catalog' })
       SET s += { identity: $identity, revision: 0, committedAt: 0, nodes: 0, slots: 0, edges: 0 }, s += $counts
       MERGE (:LedgerHead { name: 'ledger' })`,
      { identity: randomUUID(), counts: Object.fromEntries(ENTITY_KINDS.map((kind) => [countOf(kind), 0])) },
    ),
  },
  // Entries of a kind are followed from a place on; most of a long ledger is decisions.
  { version: 2, schema: ['CREATE INDEX sluice_ledger_kind_place IF NOT EXISTS FOR (n:LedgerEntry) ON (n.kind, n.sequence)'] },
  { version: 3, schema: [unique('note_key', 'Note', 'key')] },
  { version: 4, schema: [index('ledger_owner', 'LedgerEntry', 'owner')], data: stateOwners },
];
/** Made before anything else, so that two processes that open an empty database make one store of it. */
const FIRST_OF_ALL = [unique('store_name', 'SluiceStore', 'name'), unique('ledger_name', 'LedgerHead', 'name')];
/** How long new indexes may take to come up, s: 2.5 M entities take less than a minute. */
const INDEX_WAIT_S = 1_800;

/** Where the store counts the entities of a kind. */
export function countOf(kind: EntityKind): string {
  return `${kind}Count`;
}

/**
 * Brings a database to the newest version; a step that fails leaves it at the version before. Throws
 * StoreIncompatible for a newer version or a database that holds something else.
 */
export async function migrate(connection: Connection, migrations: readonly Neo4jMigration[]): Promise<{ readonly from: number; readonly to: number }> {
  const newest = migrations.at(-1)?.version ?? 0;
  const from = await connection.read(versionIn);
  if (from > newest) throw new StoreIncompatible(`the database has store version ${from}; this Sluice knows versions up to ${newest}: use a newer Sluice`);
  if (from === 0) await connection.define(FIRST_OF_ALL);
  for (const migration of migrations) if (migration.version > from) await step(connection, migration);
  return { from, to: newest };
}

async function versionIn(transaction: Transaction): Promise<number> {
  const [version] = (await transaction.one<[number]>("MATCH (s:SluiceStore { name: 'catalog' }) RETURN coalesce(s.version, 0)")) ?? [0];
  if (version > 0) return version;
  const [nodes] = (await transaction.one<[number]>('MATCH (n) RETURN count(n)')) ?? [0];
  if (nodes > 0) throw new StoreIncompatible('the database holds a graph of another program, not a Sluice store');
  return 0;
}

async function step(connection: Connection, { version, schema, data }: Neo4jMigration): Promise<void> {
  await connection.define([...schema, `CALL db.awaitIndexes(${INDEX_WAIT_S})`]);
  await connection.write(async (transaction) => {
    // Another process may have taken this step meanwhile: the lock tells.
    const [before] = (await transaction.one<[number]>("MERGE (s:SluiceStore { name: 'catalog' }) SET s.migrating = randomUUID() RETURN coalesce(s.version, 0)")) ?? [0];
    if (before >= version) return;
    await data?.(transaction);
    await transaction.run("MATCH (s:SluiceStore { name: 'catalog' }) SET s.version = $version REMOVE s.migrating", { version });
  });
}
