import { mkdirSync } from 'node:fs';
import pino, { type Logger } from 'pino';
import { StoreIncompatible, StoreUnavailable } from '../server/store/store.ts';
import { openStore } from '../server/store/store-address.ts';
import { type IngestProcessConfig, ingestProcessConfig } from './config.ts';
import { startKafkaIngest } from './kafka-ingest.ts';

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
  const ingest = startKafkaIngest({ config, store, aliases: config.aliases, clock: Date.now, log });
  const reports = reportHealth(ingest.check, log);
  stopOnSignal(async () => {
    clearInterval(reports);
    await ingest.stop();
    await store.close();
    log.info(ingest.counts(), 'stopped');
  });
}

/** Says so whenever it becomes ready or stops being it, and why. */
function reportHealth(check: () => Promise<{ readonly ready: boolean; readonly detail: string }>, log: Logger): NodeJS.Timeout {
  let wasReady: boolean | null = null;
  return setInterval(() => {
    void check().then(({ ready, detail }) => {
      if (ready !== wasReady) log.info({ ready, detail }, ready ? 'ready' : 'not ready');
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
