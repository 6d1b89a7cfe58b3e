import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { DeadLetterFile } from '../ingest/dead-letter-file.ts';
import { createDecoder } from '../ingest/decode/decoder.ts';
import { feed, SAMPLE_CONTRACTS } from '../ingest/demo/feed.ts';
import { samplePlatform } from '../ingest/demo/sample-platform.ts';
import { startDoors } from '../ingest/doors.ts';
import { createIngestWorker } from '../ingest/worker.ts';
import { openCatalogService } from './catalog-service.ts';
import { EXIT } from './cli/exit-codes.ts';
import { DEAD_LETTER_FILE, serverConfig, type ServerConfig, snapshotFile } from './config.ts';
import { startRegistryMirror } from './registry/registry-mirror.ts';
import { type Store, StoreIncompatible, StoreUnavailable } from './store/store.ts';
import { openStore } from './store/store-address.ts';
import { welcome } from './welcome.ts';

/** How long open requests may take once a stop was asked for, ms; then the process ends all the same. */
const STOP_DEADLINE_MS = 10_000;

const configured = serverConfig(process.env);
if (configured.outcome === 'refused') {
  process.stderr.write(configured.mistakes.map((mistake) => `sluice: ${mistake}\n`).join(''));
  process.exit(EXIT.usage);
}
try {
  await run(configured.config);
} catch (failure) {
  if (!(failure instanceof StoreUnavailable || failure instanceof StoreIncompatible || isAddressInUse(failure))) throw failure;
  process.stderr.write(`sluice: ${failure.message}\n`);
  process.exit(EXIT.unavailable);
}

async function run(config: ServerConfig): Promise<void> {
  mkdirSync(config.data, { recursive: true });
  const log = pino({ level: config.logLevel, redact: ['req.headers.authorization', 'req.headers.cookie'] }, pino.destination(2));
  const store = await openStore(config.store);
  if (config.sample) await ingestSample(config, store);
  const doors = startDoors(config.doors, { store, aliases: config.aliases, clock: Date.now, log });
  const registry = config.registry === null ? null : startRegistryMirror({ config: config.registry, store, clock: Date.now, log });
  const service = await openCatalogService({
    store, aliases: config.aliases, clock: Date.now, log,
    snapshot: { file: snapshotFile(config.data), identity: store.identity },
    doors,
    jobNamespace: config.jobNamespace,
    ...(registry === null ? {} : { registry }),
  });
  const address = await service.app.listen({ host: config.host, port: config.port });
  log.warn('no identities are configured: everyone who can reach this address acts as the local user');
  process.stdout.write(welcome(address, config.sample));
  stopOnSignal(async () => {
    await Promise.all(doors.map((door) => door.stop()));
    await registry?.stop();
    await service.stop();
    await store.close();
  });
}

/** Ingests the sample platform through the worker that a real one goes through. */
async function ingestSample({ data, aliases }: ServerConfig, store: Store): Promise<void> {
  const decoder = createDecoder({ registry: { kind: 'embedded' } });
  try {
    const deadLetters = new DeadLetterFile(join(data, DEAD_LETTER_FILE));
    await feed(samplePlatform(Date.now()), createIngestWorker({ store, decoder, deadLetters, aliases, clock: Date.now, contracts: SAMPLE_CONTRACTS }));
  } finally {
    await decoder.close();
  }
}

function stopOnSignal(stop: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      setTimeout(() => process.exit(EXIT.unavailable), STOP_DEADLINE_MS).unref();
      stop().then(() => process.exit(EXIT.pass), (failure: unknown) => {
        process.stderr.write(`sluice: stopping failed: ${String(failure)}\n`);
        process.exit(EXIT.unavailable);
      });
    });
  }
}

function isAddressInUse(failure: unknown): failure is Error {
  return failure instanceof Error && 'code' in failure && failure.code === 'EADDRINUSE';
}
