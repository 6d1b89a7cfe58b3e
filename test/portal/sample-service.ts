import pino from 'pino';
import { createDecoder } from '../../ingest/decode/decoder.ts';
import { feed, SAMPLE_CONTRACTS } from '../../ingest/demo/feed.ts';
import { samplePlatform } from '../../ingest/demo/sample-platform.ts';
import { createIngestWorker } from '../../ingest/worker.ts';
import type { GraphChange } from '../../server/catalog/changes.ts';
import { openCatalogService } from '../../server/catalog-service.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';

export interface SampleService {
  readonly url: string;
  post(path: string, body: object): Promise<Record<string, unknown>>;
  apply(changes: readonly GraphChange[]): Promise<void>;
  stop(): Promise<void>;
}

/** The whole service with the sample platform, on a port of its own. */
export async function startSampleService(): Promise<SampleService> {
  const store = openSqliteStore({ file: ':memory:' });
  const decoder = createDecoder({ registry: { kind: 'embedded' } });
  const refuse = (): Promise<void> => Promise.reject(new Error('a sample event cannot be applied'));
  await feed(samplePlatform(Date.now()), createIngestWorker({ store, decoder, deadLetters: { send: refuse }, aliases: new Map(), clock: Date.now, contracts: SAMPLE_CONTRACTS }));
  await decoder.close();
  const service = await openCatalogService({ store, aliases: new Map(), clock: Date.now, log: pino({ level: 'silent' }), snapshot: null });
  const url = await service.app.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    async post(path, body) {
      const response = await fetch(url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
      return (await response.json()) as Record<string, unknown>;
    },
    async apply(changes) {
      await store.apply({ changes, committedAt: Date.now(), offset: null });
    },
    async stop() {
      await service.stop();
      await store.close();
    },
  };
}
