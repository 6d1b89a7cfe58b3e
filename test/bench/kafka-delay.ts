import pino from 'pino';
import { openCatalogService } from '../../server/catalog-service.ts';
import { control, recordText, redeploy, smallPlatform } from '../http/catalog.ts';
import type { KeyedEvent } from '../stack/event-history.ts';
import { KafkaPlatform } from '../stack/kafka-platform.ts';
import { missingForStack } from '../stack/servers/missing-part.ts';
import { until } from '../stack/until.ts';

/** Events measured, after those that warm up. */
const EVENTS = 300;
const WARM_UP = 30;
/** Rest between two events, ms: each is on its way alone, as deployments are. */
const REST_MS = 20;

const missing = missingForStack();
if (missing === null) await measure();
else console.log(`skipped: needs ${missing}`);

/**
 * How long after an event is produced the gate answers otherwise because of it: through a real broker, the ingest, the
 * embedded store on disk, the lineage index and the gate. The baseline is a bare consumer of the same messages.
 */
async function measure(): Promise<void> {
  const platform = await KafkaPlatform.start();
  const config = await platform.newConfig(1);
  const { store } = platform.newStore();
  const ingest = platform.ingest(config, store);
  const service = await openCatalogService({ store, aliases: new Map(), clock: Date.now, log: pino({ level: 'silent' }), snapshot: null });
  const bare = await bareConsumer(platform, config.topics.control);
  try {
    await platform.produce(config.topics, keyed(smallPlatform()));
    await until(async () => (await ingest.check()).ready && ingest.counts().lag === 0 && ingest.counts().applied > 0, { seen: () => ingest.check() });
    const request = redeploy(recordText({ id: 'string', amount: 'long' }), { dryRun: true });
    const ask = async (): Promise<string> => (await service.app.inject({ method: 'POST', url: '/v1/gate/decisions', payload: request })).json<{ outcome: string }>().outcome;

    const [delays, acknowledged, received]: number[][] = [[], [], []];
    for (let i = 0; i < WARM_UP + EVENTS; i++) {
      const isDeclared = i % 2 === 0;
      const event = keyed([legacy(isDeclared)]);
      const before = await ask();
      const seen = bare.next();
      const began = performance.now();
      const sent = platform.produce(config.topics, event).then(() => performance.now() - began);
      while ((await ask()) === before) await new Promise(setImmediate);
      const delay = performance.now() - began;
      const [sentAfter, seenAfter] = await Promise.all([sent, seen.then((at) => at - began)]);
      if (i >= WARM_UP) for (const [list, value] of [[delays, delay], [acknowledged, sentAfter], [received, seenAfter]] as const) list?.push(value);
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
    }
    print('produce → acknowledged by the broker', acknowledged ?? []);
    print('produce → a bare kafkajs consumer (baseline)', received ?? []);
    print('produce → the gate answers otherwise', delays ?? []);
    console.log(`ratio to the baseline: p50 ${(at(delays ?? [], 0.5) / at(received ?? [], 0.5)).toFixed(2)}, p99 ${(at(delays ?? [], 0.99) / at(received ?? [], 0.99)).toFixed(2)}`);
  } finally {
    await bare.stop();
    await ingest.stop();
    await service.stop();
    await platform.close();
  }
}

/** Declared, it reads one field that everybody keeps; retired, nobody knows what it reads. */
function legacy(isDeclared: boolean) {
  const consumer = { namespace: 'kafka://main', name: 'legacy' };
  if (!isDeclared) return control('io.sluice.control.ConsumerRetired', { consumer });
  return control('io.sluice.control.ConsumerDeclared', {
    consumer, kind: 'CONSUMER_GROUP', owner: 'team-reporting', contact: null, description: null,
    reads: [{ dataset: { namespace: 'kafka://main', name: 'payments' }, readerSchema: null, fields: [{ path: 'id', why: [] }], whole: true, evolution: null }],
  });
}

function keyed(events: ReturnType<typeof smallPlatform>): KeyedEvent[] {
  return events.map((event) => ({ contract: Object.keys(event.payload)[0]?.startsWith('io.sluice.audit') ? 'audit' : 'control', key: 'all', event }) as KeyedEvent);
}

/** Reads the topic's new messages and does nothing with them; `next` gives when the next one came. */
async function bareConsumer(platform: KafkaPlatform, topic: string) {
  const consumer = platform.kafka.consumer({ groupId: 'bare', maxWaitTimeInMs: 300 });
  let came: ((at: number) => void) | null = null;
  await consumer.connect();
  await consumer.subscribe({ topics: [topic] });
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await consumer.run({ autoCommit: false, eachMessage: async () => came?.(performance.now()) });
  await joined;
  return { next: () => new Promise<number>((resolve) => (came = resolve)), stop: () => consumer.disconnect() };
}

function at(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
function print(what: string, values: readonly number[]): void {
  console.log(`${what}: p50 ${at(values, 0.5).toFixed(1)} ms, p99 ${at(values, 0.99).toFixed(1)} ms, over ${values.length} events`);
}
