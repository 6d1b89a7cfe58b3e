import { parentPort, workerData } from 'node:worker_threads';
import type { DecodeOutcome } from '../../../ingest/decode/decoder.ts';
import { ACTIVITY, type DecodeTask, PROGRESS } from '../../../ingest/decode/watched-thread.ts';

/** Speaks as a decoding thread does, and does to itself what a message says. */
const { progress } = workerData as { readonly progress: Int32Array };
const MEGABYTES = 1_000_000 / 8;

parentPort?.on('message', ({ values }: DecodeTask) => {
  const kept: unknown[] = [];
  const outcomes = values.map((value, position): DecodeOutcome => {
    const text = Buffer.from(value ?? []).toString();
    Atomics.store(progress, PROGRESS.position, position);
    Atomics.store(progress, PROGRESS.activity, text === 'idle-exit' ? ACTIVITY.idle : ACTIVITY.decoding);
    obey(text, kept);
    Atomics.store(progress, PROGRESS.activity, ACTIVITY.idle);
    return { outcome: 'decoded', event: { id: text, occurredAt: 0, sequence: 0, actor: '', payload: {} } as never };
  });
  parentPort?.postMessage({ answer: 'outcomes', outcomes });
});

function obey(text: string, kept: unknown[]): void {
  if (text.endsWith('exit')) process.exit(1);
  if (text === 'exit-later') setTimeout(() => process.exit(1), 100);
  if (text.startsWith('kept')) for (let i = 0; i < 80; i++) kept.push(Array.from({ length: MEGABYTES }, () => i));
  for (let i = 0; text === 'endless' || text === 'memory'; i++) if (text === 'memory') kept.push(Array.from({ length: MEGABYTES }, () => i));
}
