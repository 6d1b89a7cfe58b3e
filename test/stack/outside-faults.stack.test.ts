import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { KafkaConfig } from '../../ingest/config.ts';
import { KafkaDeadLetters } from '../../ingest/consumer.ts';
import type { Store } from '../../server/store/store.ts';
import type { Misbehaviour } from '../outside/misbehaviour.ts';
import { FaultyWay } from '../outside/faulty-way.ts';
import { history, topic } from './event-history.ts';
import { expectGateRefuses, gateRefuses, verdictsOf } from './gate-questions.ts';
import { appliedIn, membersOf } from './ingest-process.ts';
import { JavaClient } from './java-client/java-client.ts';
import { KafkaPlatform } from './kafka-platform.ts';
import { missingForStack } from './servers/missing-part.ts';
import { kafkaSettings, SluiceProcess } from './sluice-process.ts';
import { until } from './until.ts';
import { wholeCatalog } from './whole-catalog.ts';

const missing = missingForStack();
/** So that a minute of a test is long after the last complete poll. */
const STALE_AFTER_S = 4;
const SHORT_POLLS = { SLUICE_REGISTRY_POLL_INTERVAL: '0.3', SLUICE_REGISTRY_STALE_AFTER: String(STALE_AFTER_S), SLUICE_FLINK_POLL_INTERVAL: '0.3' };
const A_MINUTE_MS = 60_000;
/** A fetch waits for messages for less than this. */
const FETCH_OVER_MS = 1_000;
const FLINK_JOB = 'a'.repeat(32);
/** What the registry and Flink are asked for brings facts of its own into the catalog, beside those of events. */
const NOT_FROM_EVENTS = /"evidence":"(registry|flink-rest)"|registry:\/\/|sluice\.(control|audit)|watched-job/;

/** Each test starts a process and waits for several faults to show: half a minute, and more on a machine that does much else. */
const TIMEOUT_MS = 300_000;

describe.skipIf(missing !== null)(`the processes of Sluice when what they read from fails${missing === null ? '' : ` (needs ${missing})`}`, { timeout: TIMEOUT_MS }, () => {
  let platform: KafkaPlatform;
  let java: JavaClient;
  let registry: FaultyWay;
  let flink: FaultyWay;
  /** What the cluster answers to the details of its one job. */
  let details: string;
  let config: KafkaConfig;
  let data: string;
  let store: Store;
  let broker: 'up' | 'down' = 'up';
  const running: SluiceProcess[] = [];
  beforeAll(async () => {
    platform = await KafkaPlatform.start();
    java = new JavaClient(platform.broker.address);
    await platform.registry.register(`${topic(0).name}-value`, JSON.stringify({ type: 'record', name: 'Order', fields: [{ name: 'id', type: 'long' }, { name: 'amount', type: 'double' }, { name: 'note', type: ['null', 'string'] }] }));
  });
  beforeEach(async () => {
    registry = await FaultyWay.to(platform.registry.url);
    flink = await FaultyWay.to((request, response) => answerAsFlink(request.url ?? '', response));
    details = JSON.stringify({ jid: FLINK_JOB, vertices: [] });
    config = await platform.newConfig(3);
    ({ data, store } = platform.newStore());
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => {
      one.signal('SIGCONT');
      return one.stop();
    }));
    if (broker === 'down') await startBroker();
    await Promise.all([registry.close(), flink.close()]);
    await platform.release();
  });
  afterAll(async () => {
    await java?.close();
    await platform?.close();
  });

  const startBroker = async (): Promise<void> => {
    await platform.broker.start();
    broker = 'up';
  };
  const answerAsFlink = (path: string, response: ServerResponse): void => {
    const started = Date.UTC(2026, 5, 1);
    const jobs = [{ jid: FLINK_JOB, name: 'watched-job', state: 'RUNNING', 'start-time': started, 'last-modification': started }];
    const answer = path === '/jobs/overview' ? JSON.stringify({ jobs }) : path === `/jobs/${FLINK_JOB}` ? details : null;
    response.writeHead(answer === null ? 404 : 200, { 'content-type': 'application/json' }).end(answer ?? '{"errors":["Not found."]}');
  };
  /** Over the embedded store that the test looks into. */
  const start = async (role: 'server' | 'ingest', more: Readonly<Record<string, string>> = {}): Promise<SluiceProcess> => {
    const started = await SluiceProcess.start(role, { ...kafkaSettings(config, registry.url), ...SHORT_POLLS, ...more }, data);
    running.push(started);
    return started;
  };
  /** One process that does everything. */
  const startWhole = () => start('server', { SLUICE_ROLES: 'server,ingest', SLUICE_FLINK_CLUSTERS: `main=${flink.url}` });
  const fromEvents = (lines: readonly string[]): readonly string[] => lines.filter((line) => !NOT_FROM_EVENTS.test(line));
  const expectRebuilt = async (events: ReturnType<typeof history>): Promise<void> => expect(fromEvents(await wholeCatalog(store))).toEqual(fromEvents(await platform.rebuild(events)));
  const expectSound = async (sluice: SluiceProcess, before: Awaited<ReturnType<typeof verdictsOf>>): Promise<void> => {
    expect(await verdictsOf(sluice)).toEqual(before);
    expect(await new KafkaDeadLetters(config).read()).toEqual([]);
  };
  const letAll = (how: Misbehaviour | 'gone') => Promise.all([registry.become(how), flink.become(how)]);

  test('all of them down when it starts: it listens, names each with its reason, and is ready by itself once they are there', async () => {
    const events = history(20);
    await platform.produce(config.topics, events);
    broker = 'down';
    await Promise.all([platform.broker.stop(), letAll('gone')]);
    const sluice = await (await startWhole()).listens();
    for (const [part, reason] of [['registry', /was not read whole yet: .*ECONNREFUSED/], ['ingest', /ECONNREFUSED|Connection error/], ['flink main', /was never read: .*ECONNREFUSED/]] as const) {
      await until(async () => reason.test((await sluice.part(part)).detail), { seen: () => sluice.part(part) });
      expect(await sluice.part(part)).toMatchObject({ status: 503, ready: false, required: part !== 'flink main' });
    }
    expect(await sluice.part('store')).toMatchObject({ ready: true });
    await expectGateRefuses(sluice, 'registry-stale', /^the Schema Registry was not read whole yet/);
    await Promise.all([startBroker(), letAll('well')]);
    await sluice.ready();
    await until(async () => (await sluice.part('flink main')).ready, { seen: () => sluice.part('flink main') });
    expect((await verdictsOf(sluice)).map(({ outcome }) => outcome)).toEqual([expect.stringMatching(/^allow/), 'deny']);
    await expectRebuilt(events);
  });

  test.each<[Misbehaviour | 'gone', RegExp]>([
    ['500', /answered 500/], ['html', /is HTML/], ['huge', /is larger than \d+ bytes/], ['silence', /no whole answer .* within/], ['gone', /ECONNREFUSED/],
  ])('a registry that answers with %s: the gate says so in place of deciding, events go on, and all is as before once it is back', async (how, reason) => {
    const events = history(24);
    const half = Math.ceil(events.length / 2);
    const sluice = await startWhole();
    await platform.produce(config.topics, events.slice(0, half));
    await until(async () => (await appliedIn(store, config.topics)) === half, { seen: () => sluice.part('ingest') });
    await sluice.ready();
    const before = await verdictsOf(sluice);
    await registry.become(how);
    await until(() => gateRefuses(sluice, 'registry-stale'), { seen: () => sluice.part('registry') });
    await until(async () => reason.test((await sluice.part('registry')).detail), { seen: () => sluice.part('registry') });
    await expectGateRefuses(sluice, 'registry-stale', reason);
    expect(await sluice.part('registry')).toMatchObject({ status: 503, ready: false, detail: expect.stringMatching(/^the Schema Registry was last read whole \d+ s ago/) });
    // A question that rests on no subject is answered.
    expect((await sluice.ask('GET', '/v1/datasets/kafka%3A%2F%2Fmain/orders-0')).status).toBe(200);
    await platform.produce(config.topics, events.slice(half));
    await until(async () => (await appliedIn(store, config.topics)) === events.length, { seen: () => sluice.part('ingest') });
    await registry.become('well');
    await sluice.ready();
    await expectSound(sluice, before);
    await expectRebuilt(events);
  });

  test('a registry that answers the decoder with anything but schemas: events wait, none is put aside, and all are applied once it is back', async () => {
    const events = history(12);
    await platform.produce(config.topics, events);
    await registry.become('huge');
    const ingest = await (await start('ingest')).listens();
    for (const [how, reason] of [['huge', /is larger than/], ['500', /answered 500/], ['html', /is HTML/], ['html-404', /is HTML/], ['silence', /no whole answer/]] as const) {
      await registry.become(how);
      await until(async () => reason.test((await ingest.part('ingest')).detail), { seen: () => ingest.part('ingest') });
      expect(await ingest.part('ingest')).toMatchObject({ status: 503, ready: false, detail: expect.stringMatching(/cannot be applied: the registry did not give schema \d+: /) });
    }
    await registry.become('well');
    await ingest.ready();
    expect(await new KafkaDeadLetters(config).read()).toEqual([]);
    await expectRebuilt(events);
  });

  test('a Flink cluster that answers amiss: readiness names it, and neither the gate nor what was known of its jobs is moved by it', async () => {
    const events = history(5);
    await platform.produce(config.topics, events);
    const sluice = await (await startWhole()).ready();
    const before = await verdictsOf(sluice);
    const watched = async (): Promise<unknown> => (await sluice.ask('GET', '/v1/jobs/flink%3A%2F%2Fmain/watched-job')).body.state;
    await until(async () => (await watched()) === 'RUNNING', { seen: () => sluice.part('flink main') });
    const flinkIsBack = async (): Promise<void> => {
      await flink.become('well');
      await until(async () => (await sluice.part('flink main')).ready, { seen: () => sluice.part('flink main') });
    };
    for (const [how, reason] of [['500', /answered 500/], ['html', /is HTML/], ['html-404', /is HTML/], ['huge', /is larger than/], ['not-a-list', /no list of jobs/], ['redirect', /redirect/], ['gone', /ECONNREFUSED/]] as const) {
      await flink.become(how);
      await until(async () => reason.test((await sluice.part('flink main')).detail), { seen: () => sluice.part('flink main') });
      expect(await sluice.part('flink main')).toMatchObject({ status: 200, required: false, ready: false, detail: expect.stringMatching(/^was last read \d+ s ago: /) });
      expect([await watched(), await verdictsOf(sluice)]).toEqual(['RUNNING', before]);
      await flinkIsBack();
    }
    for (details of ['{"jid":"x"}', '{"vertices":7}', '{}', 'null']) {
      await flinkIsBack();
      expect([await watched(), await verdictsOf(sluice)]).toEqual(['RUNNING', before]);
      await flink.become('gone');
      await until(async () => !(await sluice.part('flink main')).ready);
    }
  });

  test('topics made anew with fewer partitions, and offsets out of range: it reads on by itself, says so, and decides as before', async () => {
    const events = history(24);
    const [first, second] = [Math.ceil(events.length / 3), Math.ceil((events.length / 3) * 2)];
    const sluice = await startWhole();
    await platform.produce(config.topics, events.slice(0, first));
    await until(async () => (await appliedIn(store, config.topics)) === first, { seen: () => sluice.part('ingest') });
    await sluice.ready();
    const before = await verdictsOf(sluice);
    await platform.makeAnew(config.topics.control, 1);
    await platform.produce(config.topics, events.slice(first, second));
    await until(async () => /read again from their beginning/.test((await sluice.part('ingest')).detail), { seen: () => sluice.part('ingest') });
    const rest = events.slice(second);
    const controls = (some: typeof events) => some.filter(({ contract }) => contract === 'control').length;
    await sluice.ready();
    await until(async () => (await store.offsets(config.topics.control)).get(0)?.next === controls(events.slice(first, second)), { seen: () => sluice.part('ingest') });
    expect(await verdictsOf(sluice)).toEqual(before);

    // What it has not read is deleted in front of it while it stands still; of the rest nothing is lost.
    sluice.signal('SIGSTOP');
    // A fetch that was under way would bring them after all.
    await sleep(FETCH_OVER_MS);
    const doomed = history(40).slice(events.length, events.length + 6).filter(({ contract }) => contract === 'control');
    await platform.produce(config.topics, doomed);
    const behind = controls(events.slice(first, second)) + doomed.length;
    await java.ask('trim', config.topics.control, 0, behind);
    sluice.signal('SIGCONT');
    await platform.produce(config.topics, rest);
    await until(async () => (await store.offsets(config.topics.control)).get(0)?.next === behind + controls(rest), { seen: () => sluice.part('ingest') });
    await sluice.ready();
    expect((await sluice.part('ingest')).detail).toContain(`${doomed.length} messages were deleted before they were read`);
    await expectSound(sluice, before);
    await expectRebuilt(events);
  });

  test('a worker and a server that stand still for a minute: another worker goes on, and both come back to the truth by themselves', async () => {
    const events = history(60);
    const half = Math.ceil(events.length / 2);
    const [paused, other, server] = await Promise.all([start('ingest'), start('ingest'), start('server')]);
    await until(async () => (await membersOf(platform.kafka, config.group)) === 2, { seen: () => membersOf(platform.kafka, config.group) });
    await platform.produce(config.topics, events.slice(0, half));
    await until(async () => (await appliedIn(store, config.topics)) === half, { seen: () => appliedIn(store, config.topics) });
    await Promise.all([paused.ready(), other.ready(), server.ready()]);
    const before = await verdictsOf(server);
    for (const one of [paused, server]) one.signal('SIGSTOP');
    const resumed = sleep(A_MINUTE_MS);
    await platform.produce(config.topics, events.slice(half));
    await until(async () => (await appliedIn(store, config.topics)) === events.length, { seen: () => other.part('ingest') });
    await other.ready();
    await resumed;
    await registry.become('500');
    for (const one of [paused, server]) one.signal('SIGCONT');
    // A minute has passed since the server last looked at the registry, and it knows.
    await expectGateRefuses(server, 'registry-stale', /was last read whole [56]\d s ago|was last read whole \d\d\d s ago/);
    await registry.become('well');
    await Promise.all([paused.ready(), other.ready(), server.ready()]);
    await until(async () => (await membersOf(platform.kafka, config.group)) === 2, { seen: () => membersOf(platform.kafka, config.group) });
    await expectSound(server, before);
    await expectRebuilt(events);
  });
});
