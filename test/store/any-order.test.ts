import fc from 'fast-check';
import { DatabaseSync } from 'node:sqlite';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compareInstants, type GraphChange, type ProgramFact, type Statement } from '../../server/catalog/changes.ts';
import { edgesOfProgram } from '../../server/catalog/lineage/edges.ts';
import { EDGE_KINDS, OPEN_END } from '../../server/catalog/lineage/rows.ts';
import { type EntityRef, entityKey } from '../../server/catalog/names.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import type { SearchResult, Store } from '../../server/store/store.ts';
import { anyChange } from './arbitrary-changes.ts';
import { at, type job } from './changes.ts';
import { GraphMirror, keyOfNode, pictureOf, scanRows } from './graph-picture.ts';

/** The same changes a second time: another order, some twice, and cut into batches. */
const twoWays = fc.array(anyChange, { minLength: 1, maxLength: 14 }).chain((changes) =>
  fc.record({
    changes: fc.constant(changes),
    again: fc.tuple(fc.shuffledSubarray(changes, { minLength: changes.length }), fc.subarray(changes)).map(([all, some]) => [...some, ...all, ...some]),
    cuts: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 40, maxLength: 40 }),
  }),
);

test('any order, any repetition and any cut into batches end in the same tables', async () => {
  await fc.assert(
    fc.asyncProperty(twoWays, async ({ changes, again, cuts }) => {
      const inOrder = [...changes].sort((a, b) => (a.change === 'statement' && b.change === 'statement' ? compareInstants(a.at, b.at) : 0));
      expect(await tablesAfter(inOrder.map((change) => [change]))).toEqual(await tablesAfter(inBatches(again, cuts)));
    }),
    { numRuns: 100 },
  );
}, 120_000);

test('at every time the edges of programs are those of the statements in force', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyChange, { maxLength: 14 }), async (changes) => {
      const store = openSqliteStore({ file: ':memory:' });
      for (const change of changes) await store.apply({ changes: [change], committedAt: 1, offset: null });
      const { nodes, edges } = await scanRows(store);
      const names = new Map(nodes.map((node) => [node.id, keyOfNode(node)]));
      for (let time = 0; time <= 7; time++) {
        const stored = edges.filter((edge) => edge.evidence !== 4 && edge.validFrom <= time && time < edge.validTo);
        const lines = stored.map((edge) => `${edge.evidence} ${EDGE_KINDS[edge.kind]} ${names.get(edge.from)} ${names.get(edge.to)} ${names.get(edge.via) ?? ''}`);
        expect(lines.sort()).toEqual(plainEdges(changes, time));
      }
      await store.close();
    }),
    { numRuns: 100 },
  );
}, 120_000);

test('a field is valid now exactly when a schema in force lists it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyChange, { maxLength: 14 }), async (changes) => {
      const store = openSqliteStore({ file: ':memory:' });
      for (const change of changes) await store.apply({ changes: [change], committedAt: 1, offset: null });
      const { nodes } = await scanRows(store);
      const valid = nodes.filter((node) => node.kind === 'field' && node.validFrom !== OPEN_END && node.validTo === OPEN_END);
      const listed = inForce(changes, 'fields', 99).flatMap(({ about, body }) =>
        (body?.fields ?? []).map(({ path: p }) => entityKey({ ...about, kind: 'field', path: p } as EntityRef)));
      expect(valid.map(keyOfNode).sort()).toEqual([...new Set(listed)].sort());
      await store.close();
    }),
    { numRuns: 100 },
  );
}, 120_000);

test('a copy kept up by deltas equals a scan', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyChange, { maxLength: 14 }), fc.array(fc.boolean(), { minLength: 14, maxLength: 14 }), async (changes, looks) => {
      const store = openSqliteStore({ file: ':memory:' });
      const mirror = new GraphMirror();
      for (const [i, change] of changes.entries()) {
        await store.apply({ changes: [change], committedAt: 1, offset: null });
        if (looks[i] === true || i === changes.length - 1) await catchUp(mirror, store);
      }
      expect(mirror.picture()).toEqual(await pictureOf(store));
      await store.close();
    }),
    { numRuns: 100 },
  );
}, 120_000);

async function catchUp(mirror: GraphMirror, store: Store): Promise<void> {
  const delta = await store.delta(mirror.revision);
  if (delta === 'too-many') throw new Error('so few changes are not too many');
  mirror.take(delta);
}

function inBatches(changes: readonly GraphChange[], cuts: readonly number[]): GraphChange[][] {
  const batches: GraphChange[][] = [];
  for (let from = 0, i = 0; from < changes.length; i++) {
    const size = cuts[i % cuts.length] ?? 1;
    batches.push(changes.slice(from, from + size));
    from += size;
  }
  return batches;
}

/** All that a store keeps about changes, without the numbers it gave out. */
async function tablesAfter(batches: readonly (readonly GraphChange[])[]): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-order-'));
  const file = join(folder, 'store.db');
  const store = openSqliteStore({ file });
  for (const changes of batches) await store.apply({ changes, committedAt: 1, offset: null });
  const graph = await pictureOf(store);
  const searches: Omit<SearchResult, 'revision' | 'committedAt' | 'nextCursor'>[] = [];
  for (const text of ['', 'email', 'id', 'red', 'pii', 'data']) {
    const { hits, total, facets } = await store.search({ text, filters: {}, limit: 100, cursor: null });
    searches.push({ hits: [...hits].sort((a, b) => (entityKey(a.ref) < entityKey(b.ref) ? -1 : 1)), total, facets });
  }
  const { entities, edges } = await store.statistics();
  await store.close();
  const tables = readTables(file);
  rmSync(folder, { recursive: true });
  return { graph, searches, entities, edges, tables };
}

const NODE_NAMES = `WITH named AS (SELECT n.id, coalesce(n.key, d.key || '#' || n.path) AS name FROM node n LEFT JOIN node d ON d.id = n.dataset)`;
const DUMPS = {
  slots: `${NODE_NAMES} SELECT about.name AS about, s.aspect, s.part, s.evidence, s.stated_at, s.revision IS NULL AS bare
    FROM slot s JOIN named about ON about.id = s.about`,
  statements: `${NODE_NAMES} SELECT about.name AS about, s.aspect, s.part, s.evidence, st.time, st.sequence, st.event, st.body
    FROM statement st JOIN slot s ON s.id = st.slot JOIN named about ON about.id = s.about`,
  observations: `${NODE_NAMES} SELECT a.name AS actor, o.what, t.name AS target, o.schema_id, o.first_seen, o.last_seen
    FROM observation o JOIN named a ON a.id = o.actor LEFT JOIN named t ON t.id = o.target`,
  cards: `${NODE_NAMES} SELECT n.name, c.kind, c.fields, c.platform, c.cluster, c.owner, c.tags, c.schema
    FROM card c JOIN named n ON n.id = c.node WHERE c.alive = 1`,
};

function readTables(file: string): Record<string, string[]> {
  const db = new DatabaseSync(file);
  const dumps = Object.entries(DUMPS).map(([name, query]) => [name, db.prepare(query).all().map((row) => JSON.stringify(row)).sort()]);
  db.close();
  return Object.fromEntries(dumps);
}

/** The statements of an aspect that count at a time: the plain reading of the promise. */
function inForce<A extends Statement['aspect']>(changes: readonly GraphChange[], aspect: A, time: number): Extract<Statement, { aspect: A }>[] {
  const newest = new Map<string, Statement>();
  for (const change of changes) {
    if (change.change !== 'statement' || change.aspect !== aspect || change.at.time > time) continue;
    const slot = [entityKey(change.about), change.part, change.evidence].join(' ');
    const before = newest.get(slot);
    const order = before === undefined ? 1 : compareInstants(change.at, before.at);
    if (before === undefined || order > 0 || (order === 0 && text(change) > text(before))) newest.set(slot, change);
  }
  return [...newest.values()].filter(({ body }) => body !== null) as Extract<Statement, { aspect: A }>[];
}

function text({ body }: Statement): string {
  return body === null ? '' : JSON.stringify(body);
}

function plainEdges(changes: readonly GraphChange[], time: number): string[] {
  const lines = inForce(changes, 'program', time).flatMap(({ about, evidence: from, body }) =>
    edgesOfProgram(about as ReturnType<typeof job>, body as ProgramFact).map(
      (edge) => `${from === 'declared' ? 0 : 3} ${edge.kind} ${entityKey(edge.from)} ${entityKey(edge.to)} ${edge.via === null ? '' : entityKey(edge.via)}`,
    ),
  );
  return [...new Set(lines)].sort();
}

test('the arbitrary changes meet at one instant often enough to matter', () => {
  const met = fc.sample(fc.array(anyChange, { minLength: 14, maxLength: 14 }), 50).filter((changes) => {
    const instants = changes.flatMap((change) => (change.change === 'statement' ? [JSON.stringify([change.about, change.aspect, change.part, change.evidence, change.at.time])] : []));
    return new Set(instants).size < instants.length;
  });
  expect(met.length).toBeGreaterThan(10);
  expect(at(1)).toEqual({ time: 1, sequence: 1, event: 'event-1-1' });
});
