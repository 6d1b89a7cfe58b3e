import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DeadLetter } from '../../ingest/dead-letter.ts';
import { DeadLetterFile } from '../../ingest/dead-letter-file.ts';
import { encodeEvent } from '../../ingest/demo/encode.ts';
import { run } from '../../server/cli/sluice.ts';
import { DEAD_LETTER_FILE, storeFile } from '../../server/config.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { wholeCatalog } from '../stack/whole-catalog.ts';
import { event, job, topic } from './events.ts';

let data: string;
let file: DeadLetterFile;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'sluice-replay-'));
  file = new DeadLetterFile(join(data, DEAD_LETTER_FILE));
});
afterEach(() => rmSync(data, { recursive: true }));

interface Run {
  readonly exitCode: number;
  readonly out: string;
  readonly said: string;
}
async function sluice(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  let [out, said] = ['', ''];
  const terminal = { stdin: Readable.from([]), write: (text: string) => void (out += text), writeError: (text: string) => void (said += text), env: { SLUICE_DATA: data, ...env } };
  return { exitCode: await run(args, terminal), out, said };
}

const letter = (offset: number, value: Uint8Array | null, more: Partial<DeadLetter> = {}): DeadLetter => ({
  topic: 'sluice.control', partition: 0, offset, stage: 'DECODE', failure: 'SchemaNotFound', message: 'the registry had no schema 1', key: null, value, at: 1, ...more,
});
const retired = (name: string): Promise<Buffer> => encodeEvent(event('io.sluice.control.DatasetRetired', { dataset: topic(name) }));
const refused = (): Promise<Buffer> => encodeEvent(event('io.sluice.control.JobRetired', { job: job('') }));

async function catalog(): Promise<{ readonly datasets: readonly string[]; readonly whole: readonly string[]; readonly revision: number }> {
  const store = openSqliteStore({ file: storeFile(data) });
  const datasets = (await store.entities('dataset', { after: null, limit: 99 })).map(({ name }) => name);
  const answer = { datasets, whole: await wholeCatalog(store), revision: (await store.revision()).revision };
  await store.close();
  return answer;
}

test('applies what can be applied now, keeps what failed again, and says which', async () => {
  await catalog();
  await file.send([letter(4, await retired('a')), letter(5, await refused()), letter(6, await retired('b'), { topic: 'sample.control' }), letter(7, await retired('c'), { topic: 'orders' })]);
  const { exitCode, out } = await sluice(['replay']);
  expect({ exitCode, out }).toEqual({
    exitCode: 1,
    out: '2 applied, 2 still cannot be\n  sluice.control[0]@5: job.name is empty\n  orders[0]@7: no contract is known for topic orders\n',
  });
  expect((await catalog()).datasets).toEqual(['a', 'b']);
  expect((await file.read()).map(({ offset }) => offset)).toEqual([5, 7]);
});

test('passes when nothing is left, and a second time when there is nothing to do', async () => {
  await catalog();
  await file.send([letter(4, await retired('a'))]);
  expect(await sluice(['replay'])).toEqual({ exitCode: 0, out: '1 applied, 0 still cannot be\n', said: '' });
  expect(await sluice(['replay'])).toEqual({ exitCode: 0, out: '0 applied, 0 still cannot be\n', said: '' });
});

test('replaying the same letters twice changes nothing', async () => {
  await catalog();
  const letters = [letter(4, await retired('a')), letter(5, await retired('b'))];
  await file.send(letters);
  await sluice(['replay']);
  const once = await catalog();
  await file.send(letters);
  await sluice(['replay']);
  expect(await catalog()).toEqual(once);
});

test('a dry run says the same and changes neither the catalog nor the file', async () => {
  await catalog();
  await file.send([letter(4, await retired('a')), letter(5, await refused())]);
  expect(await sluice(['replay', '--dry-run'])).toMatchObject({ exitCode: 1, out: '1 would be applied, 1 still cannot be\n  sluice.control[0]@5: job.name is empty\n' });
  expect([(await catalog()).datasets, (await file.read()).length]).toEqual([[], 2]);
});

test('prints one JSON object a dead letter', async () => {
  await catalog();
  await file.send([letter(4, await retired('a')), letter(9, null, { stage: 'DECOMPRESS', failure: 'BatchTooLarge', message: 'too large' })]);
  const { out } = await sluice(['replay', '--json']);
  expect(out.trimEnd().split('\n').map((line) => JSON.parse(line) as unknown)).toEqual([
    { topic: 'sluice.control', partition: 0, offset: 4, stage: 'DECODE', class: 'SchemaNotFound', message: 'the registry had no schema 1', applied: true },
    { topic: 'sluice.control', partition: 0, offset: 9, stage: 'DECOMPRESS', class: 'BatchTooLarge', message: 'too large', applied: false, reason: 'its payload was not kept; it is still in its own topic' },
  ]);
});

test('names of clusters are made canonical as in the worker', async () => {
  await catalog();
  await file.send([letter(4, await encodeEvent(event('io.sluice.control.DatasetRetired', { dataset: { namespace: 'kafka://b:9092', name: 'a' } })))]);
  await sluice(['replay'], { SLUICE_CLUSTER_ALIASES: 'main=b:9092' });
  const store = openSqliteStore({ file: storeFile(data) });
  expect(await store.entities('dataset', { after: null, limit: 9 })).toEqual([{ kind: 'dataset', ...topic('a') }]);
  await store.close();
});

test.each<readonly [string, readonly string[], Readonly<Record<string, string>>, RegExp]>([
  ['there is no store to replay into', ['replay'], {}, /there is no store in/],
  ['the aliases are no aliases', ['replay'], { SLUICE_CLUSTER_ALIASES: 'main' }, /SLUICE_CLUSTER_ALIASES/],
  ['Kafka is asked for and not configured', ['replay', '--kafka'], {}, /SLUICE_KAFKA_BROKERS names no broker; SLUICE_REGISTRY_URL is needed/],
])('when %s it is a wrong usage, and says so', async (_, args, env, message) => {
  await file.send([letter(4, await retired('a'))]);
  const ended = await sluice(args, env);
  expect(ended.exitCode).toBe(2);
  expect(ended.said).toMatch(message);
  expect((await file.read()).length).toBe(1);
});

test('without the registry that has the schemas it ends as unavailable and keeps the letters', async () => {
  await catalog();
  await file.send([letter(4, await retired('a'))]);
  const { exitCode, said } = await sluice(['replay', '--registry', 'http://127.0.0.1:9']);
  expect(exitCode).toBe(3);
  expect(said).toMatch(/the registry did not give schema 1/);
  expect((await file.read()).length).toBe(1);
});
