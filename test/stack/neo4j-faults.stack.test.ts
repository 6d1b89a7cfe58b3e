import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { KafkaConfig } from '../../ingest/config.ts';
import { history } from './event-history.ts';
import { expectGateRefuses, expectRefusal, verdictsOf } from './gate-questions.ts';
import { appliedIn } from './ingest-process.ts';
import { KafkaPlatform } from './kafka-platform.ts';
import { Neo4jPlatform } from './neo4j-platform.ts';
import { missingForGraph, missingForStack } from './servers/missing-part.ts';
import { kafkaSettings, SluiceProcess } from './sluice-process.ts';
import { until } from './until.ts';
import { wholeCatalog } from './whole-catalog.ts';

const missing = missingForStack() ?? missingForGraph();
/** Questions of every kind: what one reads of the store, the others read of the graph in memory. */
const QUESTIONS = ['/v1/revision', '/v1/search?q=orders', '/v1/datasets/kafka%3A%2F%2Fmain/orders-0', '/v1/gate/decisions', '/v1/policy'];

/** Each test starts processes and most start Neo4j again: half a minute, and more on a machine that does much else. */
const TIMEOUT_MS = 300_000;

describe.skipIf(missing !== null)(`the processes of Sluice when Neo4j fails them${missing === null ? '' : ` (needs ${missing})`}`, { timeout: TIMEOUT_MS }, () => {
  let kafka: KafkaPlatform;
  let graph: Neo4jPlatform;
  const running: SluiceProcess[] = [];
  let isDown = false;
  const takeDown = async (how: 'stop' | 'kill'): Promise<void> => {
    isDown = true;
    await graph.server[how]();
  };
  const bringUp = async (): Promise<void> => {
    await graph.server.start();
    isDown = false;
  };
  beforeAll(async () => {
    [kafka, graph] = await Promise.all([KafkaPlatform.start(), Neo4jPlatform.start()]);
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => {
      one.signal('SIGCONT');
      return one.stop();
    }));
    await Promise.all([kafka.release(), graph.release()]);
    if (isDown) await bringUp();
  });
  afterAll(() => Promise.all([kafka?.close(), graph?.close()]));

  const settings = (more: Readonly<Record<string, string>> = {}) => ({ SLUICE_STORE: graph.server.url, SLUICE_NEO4J_PASSWORD: graph.server.password, ...more });
  const start = async (...args: Parameters<typeof SluiceProcess.start>): Promise<SluiceProcess> => {
    const started = await SluiceProcess.start(...args);
    running.push(started);
    return started;
  };
  const both = (config: KafkaConfig) => Promise.all([start('server', settings()), start('ingest', settings(kafkaSettings(config, kafka.registry.url)))]);
  const expectQuestionsRefused = async (server: SluiceProcess): Promise<void> => (await Promise.all(QUESTIONS.map((path) => server.ask('GET', path)))).forEach((reply) => expectRefusal(reply, 'store-unavailable', /Neo4j/));
  /** Ready is who has caught up with what lay there when it joined; what came later is waited for here. */
  const allApplied = async ({ topics }: KafkaConfig, count: number): Promise<void> => {
    const store = await graph.open();
    await until(async () => (await appliedIn(store, topics)) === count, { seen: () => appliedIn(store, topics) });
  };
  const expectRebuilt = async (events: ReturnType<typeof history>): Promise<void> => expect(await wholeCatalog(await graph.open())).toEqual(await kafka.rebuild(events));

  test('down when they start: they listen, say so, answer with an error, and begin by themselves once it is there', async () => {
    const [events, config] = [history(40), await kafka.newConfig()];
    await kafka.produce(config.topics, events);
    await takeDown('stop');
    const [server, ingest] = await both(config);
    await Promise.all([server, ingest].map(async (one) => {
      await one.listens();
      await until(async () => (await one.part('store')).detail === 'not open yet: Neo4j does not answer', { seen: () => one.part('store') });
      expect(await one.part('store')).toMatchObject({ status: 503, required: true, ready: false });
    }));
    await Promise.all([expectGateRefuses(server, 'store-unavailable', /Neo4j does not answer/), expectQuestionsRefused(server)]);
    expect((await server.ask('GET', '/metrics')).body).toContain('sluice_ready{part="store"} 0');
    expect(server.log.match(/the store cannot be opened yet/g)).toHaveLength(1);
    // Who waits can be stopped.
    const waiting = await (await start('ingest', settings(kafkaSettings(config, kafka.registry.url)))).listens();
    expect(await waiting.stop()).toBe(0);

    await bringUp();
    await Promise.all([server.ready(), ingest.ready()]);
    await allApplied(config, events.length);
    expect((await verdictsOf(server)).map(({ outcome }) => outcome)).toEqual([expect.stringMatching(/^allow/), 'deny']);
    await expectRebuilt(events);
  });

  test('killed in mid-run: errors meanwhile, the verdict of before and the graph of a rebuild afterwards', async () => {
    await graph.clear();
    const [events, config] = [history(40), await kafka.newConfig()];
    const third = Math.ceil(events.length / 3);
    const [server, ingest] = await both(config);
    await kafka.produce(config.topics, events.slice(0, third));
    await Promise.all([server.ready(), ingest.ready()]);
    await allApplied(config, third);
    const before = await verdictsOf(server);
    expect(before.map(({ outcome }) => outcome)).toEqual([expect.stringMatching(/^allow/), 'deny']);

    await takeDown('kill');
    await kafka.produce(config.topics, events.slice(third, 2 * third));
    // Each is given as long as Sluice itself waits for Neo4j, so they take it together.
    await Promise.all([expectGateRefuses(server, 'store-unavailable', /Neo4j (does not answer|broke the connection)/), expectQuestionsRefused(server)]);
    await Promise.all([server, ingest].map(async (one) => expect(await one.part('store')).toMatchObject({ status: 503, ready: false, detail: expect.stringMatching(/Neo4j|has not answered/) })));
    expect((await server.part('index')).ready).toBe(false);
    await until(async () => /cannot be applied: Neo4j|position to go on from is not known: Neo4j/.test((await ingest.part('ingest')).detail), { seen: () => ingest.part('ingest') });

    await bringUp();
    await kafka.produce(config.topics, events.slice(2 * third));
    await Promise.all([server.ready(), ingest.ready()]);
    await allApplied(config, events.length);
    expect(await verdictsOf(server)).toEqual(before);
    await expectRebuilt(events);
  });

  test('standing still: readiness and gate say so in bounded time, and nothing is decided twice', async () => {
    await graph.clear();
    const [events, config] = [history(10), await kafka.newConfig()];
    const [server, ingest] = await both(config);
    await kafka.produce(config.topics, events);
    await Promise.all([server.ready(), ingest.ready()]);
    await allApplied(config, events.length);
    const before = await verdictsOf(server);
    graph.server.pause();
    const decision = { job: { namespace: 'apps://main', name: 'keyed', owner: 'orders' }, program: { kind: 'declared', inputs: [], outputs: [] } };
    const keyed = server.ask('POST', '/v1/gate/decisions', decision, { 'idempotency-key': 'while-it-stands-still' });
    try {
      await Promise.all([server, ingest].map(async (one) => expect(await one.part('store')).toMatchObject({ status: 503, ready: false, detail: expect.stringMatching(/has not answered for \d+ (m?s)/) })));
      expect((await server.ask('GET', '/healthz')).status).toBe(200);
      expectRefusal(await keyed, 'store-unavailable', /Neo4j/);
    } finally {
      graph.server.resume();
    }
    await Promise.all([server.ready(), ingest.ready()]);
    const again = await server.ask('POST', '/v1/gate/decisions', decision, { 'idempotency-key': 'while-it-stands-still' });
    expect([again.status, (await server.ask('GET', '/v1/gate/decisions?job=apps%3A%2F%2Fmain%2Fkeyed')).body.total]).toEqual([200, 1]);
    expect(await verdictsOf(server)).toEqual(before);
    await expectRebuilt(events);
  });

  describe('what only people can mend ends them with a message', () => {
    const expectEnds = async (more: Readonly<Record<string, string>>, message: RegExp): Promise<void> => {
      const config = kafkaSettings(kafka.configOf(kafka.newNames()), kafka.registry.url);
      for (const one of await Promise.all([start('server', settings(more)), start('ingest', settings({ ...config, ...more }))])) {
        expect(await one.ended).toBe(2);
        // The logger writes by itself: which of both comes last is left to chance.
        expect(one.log.trim().split('\n')).toContainEqual(expect.stringMatching(message));
        expect(one.log).not.toMatch(/\n\s+at .*\.ts:\d+/);
      }
    };

    test('a wrong password, a database that is not there', async () => {
      await expectEnds({ SLUICE_NEO4J_PASSWORD: 'wrong-one' }, /^sluice(-ingest)?: Neo4j refuses the user or password it is given$/);
      await expectEnds({ SLUICE_STORE: `${graph.server.url}/elsewhere` }, /^sluice(-ingest)?: Neo4j has no database of that name$/);
    });

    test('a store of a newer Sluice, a graph of another program', async () => {
      await graph.clear();
      await graph.query("CREATE (:SluiceStore { name: 'catalog', version: 99 })");
      await expectEnds({}, /store version 99; this Sluice knows versions up to \d+: use a newer Sluice$/);
      await graph.clear();
      await graph.query('CREATE (:Recipe)');
      await expectEnds({}, /holds a graph of another program/);
      await graph.clear();
    });

    test('also when it shows only after the server came up', async () => {
      await takeDown('stop');
      const server = await start('server', settings({ SLUICE_NEO4J_PASSWORD: 'wrong-one' }));
      await server.listens();
      await until(async () => (await server.part('store')).detail.includes('does not answer'), { seen: () => server.part('store') });
      await bringUp();
      expect(await server.ended).toBe(2);
      expect(server.log).toContain('sluice: Neo4j refuses the user or password it is given');
    });
  });
});
