import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Contract, createDecoder, type Decoder } from '../../ingest/decode/decoder.ts';
import { encodeEvent } from '../../ingest/demo/encode.ts';
import { SAMPLE_CONTRACTS } from '../../ingest/demo/feed.ts';
import type { Message } from '../../ingest/message.ts';
import { createIngestWorker } from '../../ingest/worker.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { insertBareRows } from './bare-rows.ts';
import { decoderHere } from './decoder-here.ts';
import type { SizeName } from './platform-plan.ts';
import { generatePlatform } from './platform.ts';

/** Messages in a transaction. */
const BATCH = 500;
const SEED = 1;

export interface LoadFigures {
  readonly size: SizeName;
  readonly events: number;
  readonly messageMb: number;
  readonly rows: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  readonly rowsPerSecond: number;
  readonly fileMb: number;
  /** Of this process at its largest, the encoded messages included. */
  readonly maxRssMb: number;
  readonly bareSeconds: number;
  /** Times the bare insertion of the same rows. */
  readonly ratio: number;
}

/**
 * Loads a platform into an empty store through the ingest worker: decode, changes, one transaction for each
 * batch with its offset. The messages are encoded before the clock starts, as they would lie in Kafka.
 */
export async function measureLoad(size: SizeName, decoding: 'thread' | 'here'): Promise<LoadFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-load-'));
  const file = join(folder, 'catalog.sqlite');
  try {
    const messages = await encodePlatform(size);
    const store = openSqliteStore({ file });
    const seconds = await load(messages, store, decoding === 'thread' ? createDecoder({ registry: { kind: 'embedded' } }) : decoderHere());
    const all = [...messages.values()].flat();
    const fileMb = megabytes(statSync(file).size + (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0));
    const bare = await insertBareRows(store, join(folder, 'bare.sqlite'));
    await store.close();
    return {
      size, events: all.length, messageMb: megabytes(all.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)), rows: bare.rows, seconds: rounded(seconds), eventsPerSecond: Math.round(all.length / seconds),
      rowsPerSecond: Math.round(bare.rows / seconds), fileMb, maxRssMb: Math.round(process.resourceUsage().maxRSS / 1e3), bareSeconds: rounded(bare.seconds), ratio: rounded(seconds / bare.seconds),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function encodePlatform(size: SizeName): Promise<ReadonlyMap<Contract, readonly Message[]>> {
  const messages = { control: [] as Message[], audit: [] as Message[] };
  for (const sample of generatePlatform({ size, seed: SEED })) {
    const list = messages[sample.topic];
    list.push({ offset: list.length, key: Buffer.from(sample.key), value: await encodeEvent(sample), headers: new Map(), tooLarge: null, timestamp: sample.event.occurredAt });
  }
  return new Map(Object.entries(messages) as [Contract, readonly Message[]][]);
}

async function load(messages: ReadonlyMap<Contract, readonly Message[]>, store: Parameters<typeof createIngestWorker>[0]['store'], decoder: Decoder): Promise<number> {
  const refuse = (letters: readonly { readonly message: string }[]): Promise<void> => Promise.reject(new Error(`a message of the benchmark cannot be applied: ${letters[0]?.message}`));
  const worker = createIngestWorker({ store, decoder, deadLetters: { send: refuse }, aliases: new Map(), clock: Date.now, contracts: SAMPLE_CONTRACTS });
  const started = performance.now();
  for (const [topic, contract] of SAMPLE_CONTRACTS) {
    const all = messages.get(contract) ?? [];
    for (let start = 0; start < all.length; start += BATCH) await worker.handle({ topic, partition: 0, generation: 0, messages: all.slice(start, start + BATCH) });
  }
  const seconds = (performance.now() - started) / 1_000;
  await decoder.close();
  return seconds;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}
function rounded(number: number): number {
  return Math.round(number * 100) / 100;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { size: { type: 'string', default: 'S' }, decode: { type: 'string', default: 'thread' } } });
  const figures = await measureLoad(values.size === 'M' ? 'M' : 'S', values.decode === 'here' ? 'here' : 'thread');
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
}
