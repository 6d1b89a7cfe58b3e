import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DeadLetter } from '../../ingest/dead-letter.ts';
import { DeadLetterFile } from '../../ingest/dead-letter-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-dead-letters-'));
  path = join(folder, 'dead-letters.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

const letter = (offset: number, more: Partial<DeadLetter> = {}): DeadLetter => ({
  topic: 'control', partition: 0, offset, stage: 'DECODE', failure: 'Malformed', message: 'it ends early\n{"or":"so"}', key: null, value: Buffer.from([0, 255, 10, 13, offset]), at: 7, ...more,
});

test('gives back what it was sent, bytes and all', async () => {
  const file = new DeadLetterFile(path);
  const sent = [letter(1), letter(2, { key: Buffer.from('__proto__'), value: null, stage: 'CHANGES' }), letter(3, { value: Buffer.alloc(0) })];
  await file.send(sent.slice(0, 2));
  await file.send(sent.slice(2));
  expect(await file.read()).toEqual(sent);
});

test('is empty before anything was sent', async () => {
  expect(await new DeadLetterFile(path).read()).toEqual([]);
});

test('holds a message once, with its newest reason, however often it was put aside', async () => {
  const file = new DeadLetterFile(path);
  await file.send([letter(1), letter(2)]);
  await file.send([letter(1, { message: 'now this' }), letter(1, { partition: 1 })]);
  expect(await file.read()).toEqual([letter(1, { message: 'now this' }), letter(2), letter(1, { partition: 1 })]);
});

test('a line that a crash tore costs neither what is before it nor what comes after it', async () => {
  const file = new DeadLetterFile(path);
  await file.send([letter(1), letter(2)]);
  const whole = readFileSync(path).length;
  for (let cut = whole - 1; cut > whole - 40; cut--) {
    truncateSync(path, cut);
    const left = cut === whole - 1 ? [letter(1), letter(2)] : [letter(1)];
    expect(await file.read()).toEqual(left);
  }
  await file.send([letter(3)]);
  expect(await file.read()).toEqual([letter(1), letter(3)]);
});

test('passes over lines that are no dead letter', async () => {
  const file = new DeadLetterFile(path);
  writeFileSync(path, 'null\n17\n{}\n[]\n{"topic":"control"}\n"text"\n');
  await file.send([letter(1)]);
  expect(await file.read()).toEqual([letter(1)]);
});

test('removes exactly the letters it is told to', async () => {
  const file = new DeadLetterFile(path);
  await file.send([letter(1), letter(2), letter(2, { partition: 1 })]);
  await file.remove([letter(2), letter(9)]);
  expect(await file.read()).toEqual([letter(1), letter(2, { partition: 1 })]);
  await file.remove(await file.read());
  expect(await file.read()).toEqual([]);
  await file.send([letter(2)]);
  expect(await file.read()).toEqual([letter(2)]);
});

test('letters that are sent while others are removed stay', async () => {
  const file = new DeadLetterFile(path);
  await file.send(Array.from({ length: 200 }, (_, i) => letter(i)));
  const old = await file.read();
  const sending = Array.from({ length: 30 }, (_, i) => file.send([letter(1_000 + i)]));
  await Promise.all([file.remove(old), ...sending]);
  expect((await file.read()).map(({ offset }) => offset).sort()).toEqual(Array.from({ length: 30 }, (_, i) => 1_000 + i));
});

test('a file that cannot be read is an error, not an empty one', async () => {
  await expect(new DeadLetterFile(folder).read()).rejects.toThrow(/EISDIR/);
  appendFileSync(path, '');
  expect(await new DeadLetterFile(path).read()).toEqual([]);
});
