import { mkdirSync } from 'node:fs';
import pino, { type Logger } from 'pino';
import { type GracefulStop, stopOnSignal } from '../server/graceful-stop.ts';
import { AwaitedStore } from '../server/store/awaited-store.ts';
import { StoreIncompatible, StoreUnavailable } from '../server/store/store.ts';
import { mayOpenLater, nameOfAddress, openStore } from '../server/store/store-address.ts';
import { Registry } from 'prom-client';
import { addFigures, addProcessFigures, addReadiness, addTraceFigures } from '../server/status/figures.ts';
import { ProcessNotes } from '../server/status/process-notes.ts';
import { statusOf, thisProcess } from '../server/status/process-status.ts';
import { type Readiness, readinessAnswer, readinessOf } from '../server/status/readiness.ts';
import { isLoopback } from '../server/process-config.ts';
import { buildStatusApp } from '../server/status/status-app.ts';
import { StatusReports } from '../server/status/status-reports.ts';
import { watchedWrites } from '../server/status/store-writes.ts';
import { logOf, openTracing } from '../server/tracing/open-tracing.ts';
import { startDoors } from './doors.ts';
import { type IngestProcessConfig, ingestProcessConfig } from './process-config.ts';

/** As the command line's: what a supervisor can tell apart. */
const EXIT = { usage: 2, unavailable: 3 } as const;
/** How long a stop may take, ms: a Kafka that is down is given up after some 12 s. What is not in the store then is read again. */
const STOP_DEADLINE_MS = 25_000;
/** How often a change of health is looked for, ms. */
const HEALTH_INTERVAL_MS = 1_000;

const configured = ingestProcessConfig(process.env);
if (configured.outcome === 'refused') {
  process.stderr.write(configured.mistakes.map((mistake) => `sluice-ingest: ${mistake}\n`).join(''));
  process.exit(EXIT.usage);
}
// From the first moment: to a process that is the first of its container a signal nobody waits for is lost.
const stop = stopOnSignal({ program: 'sluice-ingest', deadlineMs: STOP_DEADLINE_MS });
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
  if (!(isForPeople || failure instanceof StoreUnavailable || isAddressInUse(failure))) throw failure;
  process.stderr.write(`sluice-ingest: ${failure.message}\n`);
  process.exit(isForPeople ? EXIT.usage : EXIT.unavailable);
}

/** It tells of itself at once, and ingests as soon as the store is there. */
async function run(config: IngestProcessConfig, stop: GracefulStop): Promise<void> {
  mkdirSync(config.data, { recursive: true });
  const { tracing, ...traces } = await openTracing(config.tracing, { serviceName: 'sluice-ingest', note: (facts, text) => log.warn(facts, text) });
  stop.whenStopping(() => traces.stop());
  const log = pino({ level: config.logLevel, ...logOf(tracing) }, pino.destination(2));
  const metrics = new Registry();
  const store = new AwaitedStore({ open: () => openStore(config.store), mayPass: (failure) => mayOpenLater(config.store, failure), name: nameOfAddress(config.store), log });
  stop.whenStopping(() => store.close());
  const reports = new StatusReports({ notes: new ProcessNotes({ store, own: thisProcess('ingest', Date.now), clock: Date.now }), log });
  stop.whenStopping(() => reports.end());
  const doors = startDoors(config.doors, { store: watchedWrites(store, { metrics, tracing }), aliases: config.aliases, clock: Date.now, log, tracing });
  stop.whenStopping(async () => {
    await Promise.all(doors.map((door) => door.stop()));
    log.info({ figures: doors.flatMap((door) => door.figures().map(({ name, value }) => [door.part, name, value])) }, 'stopped');
  });
  const readiness = readinessOf([{ part: 'store', required: true, check: async () => ({ ready: true, detail: `at revision ${(await store.revision()).revision}` }) }, ...doors]);
  addProcessFigures(metrics);
  addReadiness(metrics, readiness);
  addFigures(metrics, doors);
  addTraceFigures(metrics, traces.sent);
  const status = buildStatusApp({ readiness, metrics: config.publicMetrics || isLoopback(config.host) ? metrics : null, log });
  stop.whenStopping(() => status.close());
  log.info({ address: await status.listen({ host: config.host, port: config.port }) }, 'ingesting');
  const looks = reportHealth(readiness, log);
  stop.whenStopping(() => Promise.resolve(clearInterval(looks)));
  await store.opened;
  reports.begin(statusOf({ readiness, sources: doors }));
}

/** Says so whenever it becomes ready or stops being it, and why. */
function reportHealth(readiness: Readiness, log: Logger): NodeJS.Timeout {
  let wasReady: boolean | null = null;
  return setInterval(() => {
    void readiness().then((all) => {
      const { ready, parts } = readinessAnswer(all).body;
      if (ready !== wasReady) log.info({ ready, parts }, ready ? 'ready' : 'not ready');
      wasReady = ready;
    });
  }, HEALTH_INTERVAL_MS);
}

function isAddressInUse(failure: unknown): failure is Error {
  return failure instanceof Error && 'code' in failure && failure.code === 'EADDRINUSE';
}
