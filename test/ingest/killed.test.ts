import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { DeadLetterFile } from '../../ingest/dead-letter-file.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { encodeEvent } from '../../ingest/demo/encode.ts';
import { history } from '../stack/event-history.ts';
import { wholeCatalog } from '../stack/whole-catalog.ts';
import { event, job } from './events.ts';

const PROGRAM = fileURLToPath(new URL('applying-process.ts', import.meta.url));
const TIME_LIMIT = 120_000;
/** Batches a life may last at most: few, so that there are many kills. */
const LONGEST_LIFE = 9;
/** Fewer kills than this would show nothing. */
const FEWEST_KILLS = 6;

/** Events of a chain of topics and jobs, with poison in between, as base64 lines. */
async function logLines(): Promise<{ readonly lines: readonly string[]; readonly poisonAt: readonly number[] }> {
  const events = history(120).filter(({ contract }) => contract === 'control');
  const refused = await encodeEvent(event('io.sluice.control.JobRetired', { job: job('') }));
  const values = await Promise.all(events.map(({ key, event: sent }) => encodeEvent({ topic: 'control', key, event: sent as never })));
  const lines = values.flatMap((value, i) => (i % 17 === 3 ? [value, i % 2 === 0 ? refused : Buffer.from('poison')] : [value]));
  return { lines: lines.map((value) => value.toString('base64')), poisonAt: lines.flatMap((value, i) => (value.length === 6 || value === refused ? [i] : [])) };
}

/** Runs the process until it has handled so many batches, then kills it a moment later; true: it came to the end. */
async function live(files: readonly string[], batches: number, moment: number): Promise<boolean> {
  const child = spawn(process.execPath, [PROGRAM, ...files], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  let seen = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    const before = seen;
    seen += chunk.toString().split('\n').length - 1;
    if (before < batches && seen >= batches) void sleep(moment).then(() => child.kill('SIGKILL'));
  });
  const [code] = await exited;
  if (code !== null && code !== 0) throw new Error(`the process ended with ${code}`);
  return code === 0;
}

async function contents(files: readonly [string, string, string]): Promise<{ readonly catalog: readonly string[]; readonly dead: readonly number[] }> {
  const store = openSqliteStore({ file: files[1] });
  const answer = { catalog: await wholeCatalog(store), dead: (await new DeadLetterFile(files[2]).read()).map(({ offset }) => offset) };
  await store.close();
  return answer;
}

test('a worker killed again and again ends in the graph of a clean run, with every dead letter kept', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-killed-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { lines, poisonAt } = await logLines();
  const log = join(folder, 'log');
  writeFileSync(log, lines.join('\n'));
  const killed = [log, join(folder, 'killed.sqlite'), join(folder, 'killed.jsonl')] as const;
  const clean = [log, join(folder, 'clean.sqlite'), join(folder, 'clean.jsonl')] as const;

  let kills = 0;
  while (!(await live(killed, 1 + Math.floor(Math.random() * LONGEST_LIFE), Math.random() * 6))) kills++;
  expect(await live(clean, Infinity, 0)).toBe(true);

  expect(kills).toBeGreaterThanOrEqual(FEWEST_KILLS);
  const expected = await contents(clean);
  expect(expected.dead).toEqual(poisonAt);
  expect(await contents(killed)).toEqual(expected);
}, TIME_LIMIT);
