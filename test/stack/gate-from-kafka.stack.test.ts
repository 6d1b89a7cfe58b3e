import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCatalogService } from '../../server/catalog-service.ts';
import { control, recordText, redeploy, smallPlatform } from '../http/catalog.ts';
import type { KeyedEvent } from './event-history.ts';
import { KafkaPlatform } from './kafka-platform.ts';
import { missingForStack } from './servers/missing-part.ts';
import { until } from './until.ts';

const missing = missingForStack();

/** Events of the small platform as they are keyed in Kafka: one key, so that their order holds. */
function keyed(events: ReturnType<typeof smallPlatform>): KeyedEvent[] {
  return events.map((event) => ({ contract: Object.keys(event.payload)[0]?.startsWith('io.sluice.audit') ? 'audit' : 'control', key: 'all', event }) as KeyedEvent);
}

describe.skipIf(missing !== null)(`the gate behind a real broker and registry${missing === null ? '' : ` (needs ${missing})`}`, () => {
  let platform: KafkaPlatform;
  beforeAll(async () => {
    platform = await KafkaPlatform.start();
  });
  afterAll(() => platform?.close());

  test('changes its answer because of events produced to the topics', async () => {
    const config = await platform.newConfig(1);
    const { store } = platform.newStore();
    await platform.produce(config.topics, keyed(smallPlatform()));
    const ingest = platform.ingest(config, store);
    const service = await openCatalogService({ store, aliases: new Map(), clock: Date.now, log: pino({ level: 'silent' }), snapshot: null, doors: [{ part: 'ingest', required: true, check: () => ingest.check(), figures: () => [] }] });
    const ask = async (schema: string): Promise<{ outcome: string; findings: { rule: string; field?: string }[] }> =>
      (await service.app.inject({ method: 'POST', url: '/v1/gate/decisions', payload: redeploy(schema) })).json();
    await until(async () => (await service.app.inject({ url: '/readyz' })).statusCode === 200, { seen: () => ingest.check() });

    const withoutNote = recordText({ id: 'string', amount: 'long' });
    const denied = await ask(withoutNote);
    expect(denied.findings.map(({ rule, field }) => [rule, field])).toEqual([['output-unknown-use', 'note']]);

    const legacy = control('io.sluice.control.ConsumerDeclared', {
      consumer: { namespace: 'kafka://main', name: 'legacy' }, kind: 'CONSUMER_GROUP', owner: 'team-reporting', contact: null, description: null,
      reads: [{ dataset: { namespace: 'kafka://main', name: 'payments' }, readerSchema: null, fields: [{ path: 'id', why: [] }], whole: true, evolution: null }],
    });
    await platform.produce(config.topics, keyed([legacy]));
    await until(async () => (await ask(withoutNote)).outcome === 'allow', { seen: () => ingest.check() });
    await ingest.stop();
    await service.stop();
  });
});
