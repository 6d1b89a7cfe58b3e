import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { Registry } from 'prom-client';
import { DeadLetterFile } from '../ingest/dead-letter-file.ts';
import { createDecoder } from '../ingest/decode/decoder.ts';
import { feed, SAMPLE_CONTRACTS } from '../ingest/demo/feed.ts';
import { samplePlatform } from '../ingest/demo/sample-platform.ts';
import { startDoors } from '../ingest/doors.ts';
import { createIngestWorker } from '../ingest/worker.ts';
import { NO_IDENTITIES, openCatalogService } from './catalog-service.ts';
import { AddressGuard } from './outside/address-guard.ts';
import { EXIT } from './cli/exit-codes.ts';
import { DEAD_LETTER_FILE, serverConfig, type ServerConfig, snapshotFile, webhookKeyFile } from './config.ts';
import { type GracefulStop, stopOnSignal } from './graceful-stop.ts';
import { tokenVerifier } from './identity/token-verifier.ts';
import { startRegistryMirror } from './registry/registry-mirror.ts';
import { addTraceFigures } from './status/figures.ts';
import { watchedWrites } from './status/store-writes.ts';
import { type Store, StoreIncompatible, StoreUnavailable } from './store/store.ts';
import { openStore } from './store/store-address.ts';
import { logOf, openTracing } from './tracing/open-tracing.ts';
import { keyInFile, WebhookKeys } from './webhooks/webhook-keys.ts';
import type { WebhookSettings } from './webhooks/telling.ts';
import { welcome } from './welcome.ts';

/** How long a stop may take, ms: open requests, a snapshot of the largest index, leaving Kafka. */
const STOP_DEADLINE_MS = 25_000;

const configured = serverConfig(process.env);
if (configured.outcome === 'refused') {
  process.stderr.write(configured.mistakes.map((mistake) => `sluice: ${mistake}\n`).join(''));
  process.exit(EXIT.usage);
}
// From the first moment: to a process that is the first of its container a signal nobody waits for is lost.
const stop = stopOnSignal({ program: 'sluice', deadlineMs: STOP_DEADLINE_MS });
try {
  await run(configured.config, stop);
} catch (failure) {
  // A start that is cut short fails where its parts were ended; what ends them ends the process.
  if (stop.asked) await new Promise(() => undefined);
  if (!(failure instanceof StoreUnavailable || failure instanceof StoreIncompatible || isAddressInUse(failure))) throw failure;
  process.stderr.write(`sluice: ${failure.message}\n`);
  process.exit(EXIT.unavailable);
}

async function run(config: ServerConfig, stop: GracefulStop): Promise<void> {
  mkdirSync(config.data, { recursive: true });
  const { tracing, ...traces } = await openTracing(config.tracing, { serviceName: 'sluice', note: (facts, text) => log.warn(facts, text) });
  stop.whenStopping(() => traces.stop());
  const log = pino({ level: config.logLevel, redact: ['req.headers.authorization', 'req.headers.cookie'], ...logOf(tracing) }, pino.destination(2));
  const metrics = new Registry();
  const store = await openStore(config.store);
  stop.whenStopping(() => store.close());
  if (config.sample) await ingestSample(config, store);
  const writes = watchedWrites(store, { metrics, tracing });
  const doors = startDoors(config.doors, { store: writes, aliases: config.aliases, clock: Date.now, log, tracing });
  const registry = config.registry === null ? null : startRegistryMirror({ config: config.registry, store: writes, clock: Date.now, log, tracing });
  stop.whenStopping(() => Promise.all([...doors.map((door) => door.stop()), registry?.stop()]));
  const service = await openCatalogService({
    store, aliases: config.aliases, clock: Date.now, log, metrics, tracing, apply: writes.apply,
    snapshot: { file: snapshotFile(config.data), identity: store.identity },
    doors,
    jobNamespace: config.jobNamespace,
    webhooks: webhookSettings(config),
    ...(registry === null ? {} : { registry }),
    ...(config.identity.kind === 'local' ? {} : { identity: { issued: config.identity.kind === 'tokens' ? null : tokenVerifier(config.identity.issuer, { clock: Date.now, log }) } }),
    publicMetrics: config.publicMetrics,
  });
  stop.whenStopping(() => service.stop());
  addTraceFigures(metrics, traces.sent);
  const address = await service.app.listen({ host: config.host, port: config.port });
  if (config.identity.kind === 'local') log.warn(`no identities are configured. ${NO_IDENTITIES}`);
  process.stdout.write(welcome(address, config.sample));
}

/** The key is made when the first webhook is registered. */
function webhookSettings({ data, webhooks: { key, allow, publicUrl } }: ServerConfig): WebhookSettings {
  let keys: WebhookKeys | null = null;
  return { keys: () => (keys ??= key === null ? keyInFile(webhookKeyFile(data)) : new WebhookKeys(key)), guard: new AddressGuard({ allow }), publicUrl };
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

function isAddressInUse(failure: unknown): failure is Error {
  return failure instanceof Error && 'code' in failure && failure.code === 'EADDRINUSE';
}
