import { readFileSync } from 'node:fs';
import { DeadLetterFile } from '../../ingest/dead-letter-file.ts';
import { createDecoder } from '../../ingest/decode/decoder.ts';
import { createIngestWorker } from '../../ingest/worker.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { CONTRACTS, message } from './event-log.ts';

/**
 * A process to be killed: `node applying-process.ts <log> <store> <dead letters>` reads a log of base64
 * lines from where the store stands to its end, and writes a line for every batch.
 */
const [, , log = '', storeFile = '', deadLetters = ''] = process.argv;
const BATCH = 7;
const store = openSqliteStore({ file: storeFile });
const decoder = createDecoder({ registry: { kind: 'embedded' } });
const worker = createIngestWorker({ store, decoder, deadLetters: new DeadLetterFile(deadLetters), aliases: new Map(), clock: Date.now, contracts: CONTRACTS });
const messages = readFileSync(log, 'utf8').split('\n').map((line, offset) => message(Buffer.from(line, 'base64'), offset));

for (let next = (await store.offsets('control')).get(0)?.next ?? 0; next < messages.length; ) {
  ({ next } = await worker.handle({ topic: 'control', partition: 0, generation: 0, messages: messages.slice(next, next + BATCH) }));
  process.stdout.write(`${next}\n`);
}
await decoder.close();
await store.close();
