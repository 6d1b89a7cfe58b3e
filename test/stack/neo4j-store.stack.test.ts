import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CATALOG } from '../../server/store/neo4j/catalog-node.ts';
import { Connection } from '../../server/store/neo4j/connection.ts';
import { entityById } from '../../server/store/neo4j/graph-nodes.ts';
import { migrate, NEO4J_MIGRATIONS, type Neo4jMigration } from '../../server/store/neo4j/schema.ts';
import { statementsAt } from '../../server/store/neo4j/slots.ts';
import { openNeo4jStore } from '../../server/store/neo4j-store.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { StoreIncompatible } from '../../server/store/store.ts';
import { field, fields, job, reads, say, topic, TOPIC_FACT } from '../store/changes.ts';
import { pictureOf, scanRows } from '../store/graph-picture.ts';
import { describeStore } from '../store/store-contract.ts';
import { startCuttingProxy } from './cutting-proxy.ts';
import { Neo4jPlatform } from './neo4j-platform.ts';
import { missingForGraph } from './servers/missing-part.ts';
import { until } from './until.ts';

const missing = missingForGraph();
const LIMITS = { retryMs: 5_000, readMs: 5_000, transactionMs: 10_000 };

const batch = (...changes: Parameters<typeof say>[]) => ({ changes: changes.map((change) => say(...change)), committedAt: 1, offset: null });
const draft = (id: string) => ({ id, kind: 'decision', at: 1, body: '{}', idempotencyKey: id, requestHash: null, job: null, owner: null, outcome: null }) as const;
const unavailable = (reason: string) => expect.objectContaining({ name: 'StoreUnavailable', reason });

describe.skipIf(missing !== null)(`the store in Neo4j${missing === null ? '' : ` (needs ${missing})`}`, () => {
  let platform: Neo4jPlatform;
  beforeAll(async () => {
    platform = await Neo4jPlatform.start();
  });
  afterEach(() => platform.release());
  afterAll(() => platform?.close());

  describeStore('keeps every promise', () => platform.openEmpty());

  describe('opening a database', () => {
    const next: Neo4jMigration = {
      version: NEO4J_MIGRATIONS.length + 1, schema: ['CREATE INDEX sluice_added IF NOT EXISTS FOR (n:Added) ON (n.x)'],
      data: (transaction) => transaction.run('MATCH (n:Dataset) SET n.added = true'),
    };
    const migrated = async (migrations: readonly Neo4jMigration[]) => {
      const connection = new Connection(platform.address(), LIMITS);
      return migrate(connection, migrations).finally(() => connection.close());
    };

    test('keeps everything over a restart of the process, identity and all', async () => {
      const before = await platform.openEmpty();
      await before.apply(batch([topic('orders'), 'fields', fields('id'), 1]));
      const picture = await pictureOf(before);
      await before.close();
      const after = await platform.open();
      expect(await pictureOf(after)).toEqual(picture);
      expect(after.identity).toBe(before.identity);
      await after.apply(batch([topic('orders'), 'fields', fields('id', 'sku'), 2]));
      expect((await after.statistics()).entities.field).toBe(2);
    });

    test('brings an older database one step on, keeps what is in it, and refuses a newer one', async () => {
      const store = await platform.openEmpty();
      await store.apply(batch([topic('orders'), 'dataset', TOPIC_FACT, 1]));
      expect(await migrated([...NEO4J_MIGRATIONS, next])).toEqual({ from: NEO4J_MIGRATIONS.length, to: next.version });
      expect(await migrated([...NEO4J_MIGRATIONS, next])).toEqual({ from: next.version, to: next.version });
      expect(await platform.query('MATCH (n:Dataset) RETURN n.name, n.added')).toEqual([['orders', true]]);
      await expect(openNeo4jStore(platform.address())).rejects.toThrow(StoreIncompatible);
      await expect(openNeo4jStore(platform.address())).rejects.toThrow(new RegExp(`version ${next.version}.*newer Sluice`));
    });

    test('puts beside each decision of before whose job it is about', async () => {
      const store = await platform.openEmpty();
      const bodies = ['{"request":{"job":{"owner":"team-a"}}}', '{"request":{"job":{}}}', 'no JSON', '{"request":{"job":{"owner":"team-b"}}}'];
      await store.appendToLedger(bodies.map((body, i) => ({ ...draft(`d${i}`), body })));
      await store.close();
      await platform.query("MATCH (s:SluiceStore { name: 'catalog' }) SET s.version = 3");
      expect(await migrated(NEO4J_MIGRATIONS)).toEqual({ from: 3, to: NEO4J_MIGRATIONS.length });
      expect(await platform.query('MATCH (e:LedgerEntry) RETURN e.owner ORDER BY e.sequence')).toEqual([['team-a'], [null], [null], ['team-b']]);
    });

    test('leaves the database at the version before a step that fails', async () => {
      await platform.openEmpty();
      const broken = { ...next, data: () => Promise.reject(new Error('half way')) };
      await expect(migrated([...NEO4J_MIGRATIONS, broken])).rejects.toThrow('half way');
      expect(await platform.query('MATCH (s:SluiceStore) RETURN s.version')).toEqual([[NEO4J_MIGRATIONS.length]]);
    });

    test('two processes that open an empty database make one store', async () => {
      await platform.clear();
      const [a, b] = await Promise.all([platform.open(), platform.open()]);
      expect(a.identity).toBe(b.identity);
      expect(await platform.query('MATCH (s:SluiceStore) RETURN count(s)')).toEqual([[1]]);
    });

    test('refuses the graph of another program, a wrong password and an address where nobody listens', async () => {
      await platform.clear();
      await platform.query("CREATE (:Recipe { name: 'soup' })");
      await expect(platform.open()).rejects.toThrow(/another program/);
      await expect(platform.open({ password: 'wrong-one' })).rejects.toEqual(unavailable('refused'));
      await expect(platform.open({ url: 'bolt://127.0.0.1:1', retryMs: 100 })).rejects.toEqual(unavailable('down'));
      await platform.clear();
    });

    test.each([['an entity', `${entityById('n', '1')} RETURN n`], ['what was said', `${statementsAt('1', '2')} RETURN t`], ['the catalog', `${CATALOG} RETURN s`]])('finds %s by an index, even planned where nothing is stored', async (_, cypher) => {
      await platform.openEmpty();
      expect((await platform.plan(cypher)).at(-1)).toMatch(/IndexSeek/);
    });

    test('numbers its steps 1, 2, 3', () => {
      expect(NEO4J_MIGRATIONS.map(({ version }) => version)).toEqual(NEO4J_MIGRATIONS.map((_, i) => i + 1));
    });
  });

  describe('several at work on one database', () => {
    test('two stores write in turn and see each other’s nodes', async () => {
      const a = await platform.openEmpty();
      const b = await platform.open();
      for (let i = 0; i < 10; i++) {
        const store = i % 2 === 0 ? a : b;
        await store.apply(batch([topic(`t${i >> 1}`), 'fields', fields('id', `f${i}`), i], [job('j'), 'program', { reads: [reads(`t${i >> 2}`, ['id'])], writes: [] }, i]));
      }
      await Promise.all([a, b].flatMap((store, s) => [1, 2, 3].map((i) => store.apply(batch([topic(`c${s}${i}`), 'dataset', TOPIC_FACT, i])))));
      expect(await pictureOf(a)).toEqual(await pictureOf(b));
      expect(await a.statistics()).toMatchObject({ entities: { dataset: 11, field: 15, job: 1 }, revision: 16 });
      expect(await a.search({ text: '', filters: {}, limit: 50, cursor: null })).toEqual(await b.search({ text: '', filters: {}, limit: 50, cursor: null }));
    });

    test('of two workers with one partition only one gets through at each offset', async () => {
      const stores = [await platform.openEmpty(), await platform.open()];
      const at = (i: number) => ({ ...batch([topic(`t${i}`), 'dataset', TOPIC_FACT, 1]), offset: { topic: 'control', partition: 0, from: i, next: i + 1, generation: 1 } });
      for (let i = 0; i < 5; i++) {
        const outcomes = await Promise.all(stores.map((store) => store.apply(at(i))));
        expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['applied', 'fenced']);
      }
      expect(await stores[0]!.statistics()).toMatchObject({ revision: 5, entities: { dataset: 5 } });
    });

    test('a scan sees one revision while others write', async () => {
      const store = await platform.openEmpty();
      await store.apply(batch([topic('t'), 'fields', fields(...Array.from({ length: 20_000 }, (_, f) => `f${f}`)), 1]));
      let [nodes, writing] = [0, Promise.resolve() as Promise<unknown>];
      const onNodes = (rows: readonly unknown[]): void => {
        if (nodes === 0) writing = store.apply(batch([topic('late'), 'fields', fields('id'), 1]));
        nodes += rows.length;
      };
      expect(await store.scan({ onNodes, onEdges: () => undefined })).toMatchObject({ revision: 1 });
      expect(nodes).toBe(20_001);
      expect(await writing).toMatchObject({ revision: 2 });
    });

    test('a deadlock with somebody else’s transaction is tried again', async () => {
      const store = await platform.openEmpty();
      await store.apply(batch([topic('orders'), 'dataset', TOPIC_FACT, 1]));
      const other = platform.begin();
      await other.run("MATCH (n:Dataset { name: 'orders' }) SET n.note = 'mine'");
      const applying = store.apply(batch([topic('orders'), 'owner', { team: 'checkout' }, 2]));
      await sleep(200);
      await other.run("MATCH (s:SluiceStore) SET s.note = 'mine'").then(() => other.commit(), () => other.rollback());
      expect(await applying).toEqual({ outcome: 'applied', revision: 2, changed: true });
      expect((await store.search({ text: 'checkout', filters: {}, limit: 5, cursor: null })).total).toBe(1);
    });
  });

  describe('faults', () => {
    test('a commit whose confirmation is lost is not applied twice, and tells what it came to', async () => {
      const straight = await platform.openEmpty();
      const proxy = await startCuttingProxy(platform.server.url);
      const store = await platform.open({ url: proxy.url });
      const offset = { topic: 'control', partition: 0, from: 0, next: 7, generation: 1 };
      proxy.cutCommits(1);
      expect(await store.apply({ ...batch([topic('orders'), 'fields', fields('id', 'sku'), 1]), offset })).toEqual({ outcome: 'applied', revision: 1, changed: true });
      proxy.cutCommits(2);
      expect(await store.apply({ ...batch(), offset: { ...offset, from: 7, next: 9 } })).toEqual({ outcome: 'applied', revision: 1, changed: false });
      proxy.cutCommits(1);
      expect(await store.appendToLedger([draft('a'), draft('b')])).toMatchObject([{ sequence: 1 }, { sequence: 2 }]);
      expect(proxy.cut()).toBe(4);
      expect(await straight.statistics()).toMatchObject({ revision: 1, entities: { dataset: 1, field: 2 } });
      expect(await straight.offsets('control')).toEqual(new Map([[0, { next: 9, generation: 1 }]]));
      expect((await straight.ledger({ limit: 9 })).total).toBe(2);
      expect(await store.apply(batch([topic('orders'), 'fields', fields('id'), 2]))).toMatchObject({ revision: 2 });
      await store.close();
      await proxy.close();
    });

    test('a batch that finds the store locked for too long says so, changes nothing, and works later', async () => {
      const store = await platform.openEmpty({ transactionMs: 700, retryMs: 300 });
      const other = platform.begin();
      await other.run("MATCH (s:SluiceStore) SET s.note = 'mine'");
      await expect(store.apply(batch([topic('orders'), 'dataset', TOPIC_FACT, 1]))).rejects.toEqual(unavailable('locked'));
      expect(await store.revision()).toMatchObject({ revision: 0 });
      await other.rollback();
      expect(await store.apply(batch([topic('orders'), 'dataset', TOPIC_FACT, 1]))).toMatchObject({ revision: 1 });
    });

    test('a batch that cannot be stored leaves nothing behind, and the next one works', async () => {
      const store = await platform.openEmpty();
      const broken = say(topic('orders'), 'program', { reads: [], writes: [] }, 2);
      await expect(store.apply({ changes: [say(topic('orders'), 'fields', fields('id'), 1), broken], committedAt: 1, offset: null })).rejects.toThrow(TypeError);
      expect(await scanRows(store)).toEqual({ nodes: [], edges: [], revision: 0 });
      expect(await store.apply(batch([topic('orders'), 'fields', fields('id'), 1]))).toMatchObject({ revision: 1 });
      expect((await store.search({ text: 'id', filters: {}, limit: 5, cursor: null })).total).toBe(1);
    });

    test('a closed store refuses everything as closed', async () => {
      const store = await platform.openEmpty();
      await store.close();
      await store.close();
      for (const call of [store.revision(), store.apply(batch()), store.scan({ onNodes: () => undefined, onEdges: () => undefined }), store.delta(0)]) {
        await expect(call).rejects.toEqual(unavailable('closed'));
      }
    });

    test('a changed ledger entry stops every further one', async () => {
      const store = await platform.openEmpty();
      await store.appendToLedger([draft('a')]);
      await platform.query("MATCH (e:LedgerEntry) SET e.body = '{\"outcome\":\"allow\"}'");
      await expect(store.appendToLedger([draft('b')])).rejects.toEqual(unavailable('corrupt'));
    });

    test('names are never taken for Cypher', async () => {
      const store = await platform.openEmpty();
      const odd = ["'}) DETACH DELETE n //", '`', '\\u0027 OR 1=1', '"', '$rows', '/* */', "x' RETURN 1 UNION MATCH (n) DELETE n //", '*', '{a:1}'];
      for (const name of odd) {
        await store.apply(batch([topic(name), 'dataset', TOPIC_FACT, 1], [field(name, name), 'owner', { team: name }, 1], [topic(name), 'tags', { tags: [name] }, 1]));
        expect((await store.entity(topic(name)))?.facts).toHaveLength(2);
        await store.search({ text: name, filters: { owner: [name], tag: [name] }, limit: 5, cursor: null });
        await store.ledger({ limit: 5, job: name, outcome: name });
      }
      expect(await store.statistics()).toMatchObject({ entities: { dataset: odd.length, field: odd.length } });
    });

    test('a search of very many words is answered', async () => {
      const store = await platform.openEmpty();
      const letters = Array.from({ length: 250 }, (_, i) => String.fromCodePoint(0x4e00 + i));
      await store.apply(batch([topic('orders'), 'doc', { text: letters.join(' ') }, 1]));
      expect((await store.search({ text: letters.join(' '), filters: {}, limit: 5, cursor: null })).total).toBe(1);
    });

    test('a server that stands still, dies and comes back: errors meanwhile, and nothing lost or applied twice', async () => {
      const store = await platform.openEmpty({ retryMs: 1_000, readMs: 1_500, transactionMs: 3_000 });
      const twin = openSqliteStore({ file: ':memory:' });
      const at = (i: number) => ({
        ...batch([topic(`t${i}`), 'fields', fields('id', `f${i}`), i], [job(`j${i % 7}`), 'program', { reads: [reads(`t${i}`, ['id'])], writes: [] }, i]),
        offset: { topic: 'control', partition: 0, from: i, next: i + 1, generation: 1 },
      });
      const state = { writing: true, abandoned: false, failed: 0, done: 0 };
      const writer = (async () => {
        for (let i = 0; state.writing; i++) {
          // 'fenced' after a failure says that the failed attempt had come through after all.
          while (!state.abandoned && (await store.apply(at(i)).then(() => false, () => true))) {
            state.failed++;
            await sleep(100);
          }
          await twin.apply(at(i));
          state.done++;
        }
      })();
      const goesOn = (): Promise<boolean> => {
        const before = state.done;
        return until(() => state.done > before + 3, { seen: () => state });
      };
      try {
        await goesOn();
        platform.server.pause();
        await expect(store.revision()).rejects.toEqual(unavailable('down'));
        platform.server.resume();
        await goesOn();
        await platform.server.kill();
        await expect(store.revision()).rejects.toEqual(unavailable('down'));
        await platform.server.start();
        await goesOn();
      } catch (failure) {
        state.abandoned = true;
        throw failure;
      } finally {
        state.writing = false;
      }
      await writer;
      expect(state.failed).toBeGreaterThan(0);
      const { entities, edges } = await twin.statistics();
      expect(await store.statistics()).toMatchObject({ entities, edges });
      expect(await pictureOf(store)).toEqual(await pictureOf(twin));
      await twin.close();
    });
  });
});
