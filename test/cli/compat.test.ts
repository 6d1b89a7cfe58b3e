import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, test } from 'vitest';
import { MAX_LINE_LENGTH } from '../../server/cli/answer-lines.ts';
import { compatCommand } from '../../server/cli/compat.ts';
import { CommandFailure } from '../../server/cli/exit-codes.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-compat-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Run {
  readonly exitCode: number;
  readonly out: string;
  readonly message: string;
}

async function run(args: readonly string[], input: Iterable<string | Buffer> = []): Promise<Run> {
  let out = '';
  const command = compatCommand({ stdin: Readable.from(input, { objectMode: false }), write: (text) => (out += text), writeError: () => undefined, env: {} });
  try {
    await command.parseAsync(args, { from: 'user' });
    return { exitCode: 0, out, message: '' };
  } catch (failure) {
    if (!(failure instanceof CommandFailure)) throw failure;
    return { exitCode: failure.exitCode, out, message: failure.message };
  }
}

const answers = async (...chunks: readonly (string | Buffer)[]) => (await run(['--jsonl'], chunks)).out.trimEnd().split('\n').map((line) => JSON.parse(line) as object);

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('compat --jsonl', () => {
  test('answers in order, whatever is wrong with a line', async () => {
    expect(await answers(
      '{"id":1,"reader":"string","writer":"bytes"}\n',
      'not json\n[]\n\n',
      '{"id":"b","reader":"int","writer":"string"}\r\n',
      '{"id":"c","reader":{"type":"fixed","name":"1","size":1},"writer":"int"}\n',
      '{"id":"d","reader":"int","writer":"nope"}\n{"id":"e","writer":"int"}',
    )).toMatchObject([
      { id: 1, compatible: true, incompatibilities: [] },
      { id: null, error: { side: null } },
      { id: null, error: { side: null } },
      { id: 'b', compatible: false, incompatibilities: [{ type: 'TYPE_MISMATCH', location: '/', message: 'reader type: INT not compatible with writer type: STRING' }] },
      { id: 'c', error: { side: 'reader', message: 'Illegal initial character: 1 (at /name)' } },
      { id: 'd', error: { side: 'writer', message: 'Undefined schema: nope' } },
      { id: 'e', error: { side: 'reader', message: 'the line has no "reader"' } },
    ]);
  });

  test('a schema may come as text within a string, and refer to others', async () => {
    const line = { id: 1, reader: '{"type":"array","items":"n.A"}', writer: { type: 'array', items: 'n.A' }, readerRefs: [{ type: 'fixed', name: 'n.A', size: 2 }], writerRefs: ['{"type":"fixed","name":"n.A","size":3}'] };
    expect(await answers(JSON.stringify(line))).toMatchObject([{ incompatibilities: [{ type: 'FIXED_SIZE_MISMATCH', location: '/items/size' }] }]);
  });

  test('a pair that cannot be judged is an error of the reader, whose aliases are in doubt', async () => {
    const line = { id: 1, reader: { type: 'record', name: 'R', fields: [{ name: 'a', type: 'int', aliases: ['b'] }] }, writer: { type: 'record', name: 'R', fields: [{ name: 'a', type: 'int' }, { name: 'b', type: 'int' }] } };
    expect(await answers(JSON.stringify(line))).toMatchObject([{ id: 1, error: { side: 'reader' } }]);
  });

  test('a schema 3,000 levels deep is refused under its line’s id', async () => {
    const deep = `${'{"type":"array","items":'.repeat(3_000)}"int"${'}'.repeat(3_000)}`;
    expect(await answers(`{"id":"deep","reader":"int","writer":${deep}}\n{"id":"next","reader":"int","writer":"int"}`)).toMatchObject([
      { id: 'deep', error: { side: 'writer', message: 'nested deeper than 1000 levels' } },
      { id: 'next', compatible: true },
    ]);
  });

  test('characters cut by a chunk’s end are put together', async () => {
    const bytes = Buffer.from('{"id":"ü","reader":"int","writer":"int"}\n');
    expect(await answers(bytes.subarray(0, 8), bytes.subarray(8))).toMatchObject([{ id: 'ü', compatible: true }]);
  });

  test('a line beyond the limit is answered as broken and the next one is read', async () => {
    const chunk = 'x'.repeat(1_048_576);
    const chunks = Array.from({ length: MAX_LINE_LENGTH / chunk.length + 1 }, () => chunk);
    expect(await answers(...chunks, '\n{"id":2,"reader":"int","writer":"int"}\n')).toMatchObject([{ id: null, error: { side: null } }, { id: 2, compatible: true }]);
  });

  test('digits of an id beyond 2^53 are kept', async () => {
    expect((await run(['--jsonl'], ['{"id":9007199254740993,"reader":"int","writer":"int"}'])).out).toBe('{"id":9007199254740993,"compatible":true,"incompatibilities":[]}\n');
  });

  test('20,000 lines are answered with exit code 0', async () => {
    const { exitCode, out } = await run(['--jsonl'], Array.from({ length: 20_000 }, (_, i) => `{"id":${i},"reader":"int","writer":"string"}\n`));
    expect(exitCode).toBe(0);
    expect(out.trimEnd().split('\n').map((line) => (JSON.parse(line) as { id: number }).id)).toEqual(Array.from({ length: 20_000 }, (_, i) => i));
  });
});

describe('compat of two files', () => {
  const two = file('two.avsc', '{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"int"}]}');
  const one = file('one.avsc', '{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}');

  test('exits 0 where the first reads the second', async () => {
    expect(await run([one, two])).toEqual({ exitCode: 0, out: 'compatible: the first schema reads what the second wrote\n', message: '' });
  });

  test('exits 1 where it does not, and names the field', async () => {
    const { exitCode, out } = await run([two, one]);
    expect(exitCode).toBe(1);
    expect(out).toContain('b  READER_FIELD_MISSING_DEFAULT_VALUE: b  [/fields/1]');
  });

  test.each([['BACKWARD', 1], ['FORWARD', 0], ['FULL', 1], ['NONE', 0], ['FULL_TRANSITIVE', 1]])('--level %s of a new required field exits %i', async (level, exitCode) => {
    expect((await run([two, one, '--level', level])).exitCode).toBe(exitCode);
  });

  test('--json answers one object', async () => {
    const { out } = await run([two, one, '--json']);
    expect(JSON.parse(out)).toMatchObject({ compatible: false, level: null, checks: [{ direction: 'backward', outcome: 'incompatible', incompatibilities: [{ type: 'READER_FIELD_MISSING_DEFAULT_VALUE', field: 'b' }] }] });
  });

  test('references are read from files', async () => {
    const ref = file('ref.avsc', '{"type":"fixed","name":"F","size":1}');
    const user = file('user.avsc', '{"type":"array","items":"F"}');
    expect((await run([user, user, '--reader-ref', ref, '--writer-ref', ref])).exitCode).toBe(0);
    expect(await run([user, user])).toMatchObject({ exitCode: 2, message: expect.stringContaining('Undefined schema: F') as string });
  });

  test.each([[[]], [['nope.avsc', 'nope.avsc']], [[file('bad.avsc', '{'), 'x']], [['--jsonl', 'x']]])('%j exits 2 with a reason', async (args) => {
    expect(await run(args)).toMatchObject({ exitCode: 2, message: expect.stringMatching(/./) as string });
  });
});
