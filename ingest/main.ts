import { mkdirSync } from 'node:fs';
import pino, { type Logger } from 'pino';
import { StoreIncompatible, StoreUnavailable } from '../server/store/store.ts';
import { openStore } from '../server/store/store-address.ts';
import { Registry } from 'prom-client';
import { addFigures, addProcessFigures, addReadiness } from '../server/status/figures.ts';
import { type Readiness, readinessAnswer, readinessOf } from '../server/status/readiness.ts';
import { buildStatusApp } from '../server/status/status-app.ts';
import { startDoors } from './doors.ts';
import { type IngestProcessConfig, ingestProcessConfig } from './process-config.ts';

/** As the command line's: what a supervisor can tell apart. */
const EXIT = { stopped: 0, usage: 2, unavailable: 3 } as const;
/** How long a stop may take, ms; then the process ends all the same. What is not in the store is read again. */
const STOP_DEADLINE_MS = 15_000;
/** How often a change of health is looked for, ms. */
const HEALTH_INTERVAL_MS = 1_000;

const configured = ingestProcessConfig(process.env);
if (configured.outcome === 'refused') {
  process.stderr.write(configured.mistakes.map((mistake) => `sluice-ingest: ${mistake}\n`).join(''));
  process.exit(EXIT.usage);
}
try {
  await run(configured.config);
} catch (failure) {
  if (!(failure instanceof StoreUnavailable || failure instanceof StoreIncompatible)) throw failure;
  process.stderr.write(`sluice-ingest: ${failure.message}\n`);
  process.exit(EXIT.unavailable);
}

async function run(config: IngestProcessConfig): Promise<void> {
  mkdirSync(config.data, { recursive: true });
  const log = pino({ level: config.logLevel }, pino.destination(2));
  const store = await openStore(config.store);
  const doors = startDoors(config.doors, { store, aliases: config.aliases, clock: Date.now, log });
  const readiness = readinessOf([{ part: 'store', required: true, check: async () => ({ ready: true, detail: `at revision ${(await store.revision()).revision}` }) }, ...doors]);
  const metrics = new Registry();
  addProcessFigures(metrics);
  addReadiness(metrics, readiness);
  addFigures(metrics, doors);
  const status = buildStatusApp({ readiness, metrics, log });
  log.info({ address: await status.listen({ host: config.host, port: config.port }) }, 'ingesting');
  const reports = reportHealth(readiness, log);
  stopOnSignal(async () => {
    clearInterval(reports);
    await Promise.all(doors.map((door) => door.stop()));
    await status.close();
    await store.close();
    log.info({ figures: doors.flatMap((door) => door.figures().map(({ name, value }) => [door.part, name, value])) }, 'stopped');
  });
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

function stopOnSignal(stop: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      setTimeout(() => process.exit(EXIT.unavailable), STOP_DEADLINE_MS).unref();
      stop().then(() => process.exit(EXIT.stopped), (failure: unknown) => {
        process.stderr.write(`sluice-ingest: stopping failed: ${String(failure)}\n`);
        process.exit(EXIT.unavailable);
      });
    });
  }
}
