import pino from 'pino';
import { changesFrom } from '../../ingest/changes-from.ts';
import type { ControlEvent } from '../../ingest/contracts/events.ts';
import { createDecoder } from '../../ingest/decode/decoder.ts';
import { feed, SAMPLE_CONTRACTS } from '../../ingest/demo/feed.ts';
import { samplePlatform } from '../../ingest/demo/sample-platform.ts';
import { createIngestWorker } from '../../ingest/worker.ts';
import type { GraphChange } from '../../server/catalog/changes.ts';
import { openCatalogService, type ServiceParts } from '../../server/catalog-service.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { type TestPerson, verifierOf } from '../http/catalog.ts';

export interface SampleService {
  readonly url: string;
  post(path: string, body: object, token?: string): Promise<Record<string, unknown>>;
  apply(changes: readonly GraphChange[]): Promise<void>;
  /** Applies events as the ingest worker would, one revision. */
  say(...events: readonly ControlEvent[]): Promise<void>;
  lookAtJobs(): Promise<number>;
  stop(): Promise<void>;
}

export interface SampleOptions extends Pick<ServiceParts, 'permits' | 'registry'> {
  /** Those who can be told apart, by their id, which is also name and token; identities are then configured. */
  readonly people?: Readonly<Record<string, TestPerson>>;
}

/** The whole service with the sample platform, on a port of its own. */
export async function startSampleService({ people, ...parts }: SampleOptions = {}): Promise<SampleService> {
  const store = openSqliteStore({ file: ':memory:' });
  const decoder = createDecoder({ registry: { kind: 'embedded' } });
  const refuse = (): Promise<void> => Promise.reject(new Error('a sample event cannot be applied'));
  await feed(samplePlatform(Date.now()), createIngestWorker({ store, decoder, deadLetters: { send: refuse }, aliases: new Map(), clock: Date.now, contracts: SAMPLE_CONTRACTS }));
  await decoder.close();
  const service = await openCatalogService({ store, aliases: new Map(), clock: Date.now, log: pino({ level: 'silent' }), snapshot: null, ...parts, ...(people === undefined ? {} : { identity: { issued: verifierOf(people) } }) });
  const url = await service.app.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    async post(path, body, token) {
      const response = await fetch(url + path, { method: 'POST', headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }, body: JSON.stringify(body) });
      return (await response.json()) as Record<string, unknown>;
    },
    async apply(changes) {
      await store.apply({ changes, committedAt: Date.now(), offset: null });
    },
    async say(...events) {
      const changes = events.flatMap((event) => {
        const outcome = changesFrom(event);
        if (outcome.outcome === 'refused') throw new Error(outcome.reason);
        return outcome.changes;
      });
      await store.apply({ changes, committedAt: Date.now(), offset: null });
    },
    lookAtJobs: () => service.lookAtJobs(),
    async stop() {
      await service.stop();
      await store.close();
    },
  };
}
