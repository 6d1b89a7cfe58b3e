import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pino, { type Logger } from 'pino';
import { Registry } from 'prom-client';
import { DeadLetterFile } from '../ingest/dead-letter-file.ts';
import { createDecoder } from '../ingest/decode/decoder.ts';
import { feed, SAMPLE_CONTRACTS } from '../ingest/demo/feed.ts';
import { samplePlatform } from '../ingest/demo/sample-platform.ts';
import { startDoors } from '../ingest/doors.ts';
import { createIngestWorker } from '../ingest/worker.ts';
import { buildCatalogService, NO_IDENTITIES } from './catalog-service.ts';
import { AddressGuard } from './outside/address-guard.ts';
import { EXIT } from './cli/exit-codes.ts';
import { DEAD_LETTER_FILE, serverConfig, type ServerConfig, snapshotFile, webhookKeyFile } from './config.ts';
import type { LineageIndex } from './graph/lineage-index.ts';
import { type GracefulStop, stopOnSignal } from './graceful-stop.ts';
import { tokenVerifier } from './identity/token-verifier.ts';
import { KeysUnusable, PermitKeys } from './permits/permit-keys.ts';
import { permitOffice } from './permits/permit-office.ts';
import { startRegistryMirror } from './registry/registry-mirror.ts';
import { addTraceFigures } from './status/figures.ts';
import { ProcessNotes } from './status/process-notes.ts';
import { thisProcess } from './status/process-status.ts';
import { StatusReports } from './status/status-reports.ts';
import { watchedWrites } from './status/store-writes.ts';
import { AwaitedStore, untilAvailable } from './store/awaited-store.ts';
import { type Store, StoreIncompatible, StoreUnavailable } from './store/store.ts';
import { mayOpenLater, nameOfAddress, openStore } from './store/store-address.ts';
import { logOf, openTracing } from './tracing/open-tracing.ts';
import { keyInFile, WebhookKeys } from './webhooks/webhook-keys.ts';
import type { WebhookSettings } from './webhooks/telling.ts';
import { welcome } from './welcome.ts';

/** How long a stop may take, ms: open requests, a snapshot of the largest index, leaving Kafka. */
const STOP_DEADLINE_MS = 25_000;

/** Between two looks at which jobs started, ms: what nobody is told of costs one question to the store. */
const LOOK_AT_JOBS_EVERY_MS = 1_000;

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
  end(failure);
}

/** A store that only people can mend is a mistake like those of the configuration. */
function end(failure: unknown): never {
  const isForPeople = failure instanceof StoreIncompatible || (failure instanceof StoreUnavailable && failure.reason === 'refused');
  if (!(isForPeople || failure instanceof StoreUnavailable || failure instanceof KeysUnusable || isAddressInUse(failure))) throw failure;
  process.stderr.write(`sluice: ${failure.message}\n`);
  process.exit(isForPeople ? EXIT.usage : EXIT.unavailable);
}

/** It listens at once, and answers once the store is there and the graph is read; until then it says what it waits for. */
async function run(config: ServerConfig, stop: GracefulStop): Promise<void> {
  mkdirSync(config.data, { recursive: true });
  const { tracing, ...traces } = await openTracing(config.tracing, { serviceName: 'sluice', note: (facts, text) => log.warn(facts, text) });
  stop.whenStopping(() => traces.stop());
  const log = pino({ level: config.logLevel, redact: ['req.headers.authorization', 'req.headers.cookie'], ...logOf(tracing) }, pino.destination(2));
  const metrics = new Registry();
  const store = new AwaitedStore({ open: () => openStore(config.store), mayPass: (failure) => mayOpenLater(config.store, failure), name: nameOfAddress(config.store), log });
  stop.whenStopping(() => store.close());
  const own = thisProcess('server', Date.now);
  const reports = new StatusReports({ notes: new ProcessNotes({ store, own, clock: Date.now }), log });
  stop.whenStopping(() => reports.end());
  const writes = watchedWrites(store, { metrics, tracing });
  const doors = startDoors(config.doors, { store: writes, aliases: config.aliases, clock: Date.now, log, tracing });
  const registry = config.registry === null ? null : startRegistryMirror({ config: config.registry, store: writes, clock: Date.now, log, tracing });
  stop.whenStopping(() => Promise.all([...doors.map((door) => door.stop()), registry?.stop()]));
  const keys = await PermitKeys.open(config.permits.keysFile, Date.now);
  const service = await buildCatalogService({
    store, aliases: config.aliases, clock: Date.now, log, metrics, tracing, apply: writes.apply,
    // Of which store it is, is known once that is open, and asked only then.
    snapshot: { file: snapshotFile(config.data), get identity() { return store.identity; } },
    doors, process: own,
    jobNamespace: config.jobNamespace,
    webhooks: webhookSettings(config),
    permits: permitOffice({ keys, lifetimeMs: config.permits.lifetimeMs, lookEveryMs: LOOK_AT_JOBS_EVERY_MS, clock: Date.now }),
    ...(registry === null ? {} : { registry }),
    ...(config.identity.kind === 'local' ? {} : { identity: { issued: config.identity.kind === 'tokens' ? null : tokenVerifier(config.identity.issuer, { clock: Date.now, log }) } }),
    publicMetrics: config.publicMetrics,
  });
  stop.whenStopping(() => service.stop());
  addTraceFigures(metrics, traces.sent);
  const address = await service.app.listen({ host: config.host, port: config.port });
  if (config.identity.kind === 'local') log.warn(`no identities are configured. ${NO_IDENTITIES}`);
  await store.opened;
  reports.begin(service.status);
  await whenAvailable(config, { store, index: service.index, stop, log });
  service.readAhead();
  process.stdout.write(welcome(address, config.sample));
}

/** Brings the sample and the graph into a store that was opened. */
async function whenAvailable(config: ServerConfig, { store, index, stop, log }: { readonly store: AwaitedStore; readonly index: LineageIndex; readonly stop: GracefulStop; readonly log: Logger }): Promise<void> {
  const stopping = new AbortController();
  stop.whenStopping(() => Promise.resolve(stopping.abort()));
  const patient = (what: string, work: () => Promise<void>) => untilAvailable(work, {
    signal: stopping.signal, mayPass: (failure) => mayOpenLater(config.store, failure),
    onFailure: (err, isNew) => isNew && log.warn({ err }, `${what}, and is tried again`),
  });
  if (config.sample) await patient('the sample cannot be ingested yet', () => ingestSample(config, store));
  await patient('the lineage graph cannot be read yet', () => index.read());
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
