import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, expect, test } from 'vitest';
import { run } from '../../server/cli/sluice.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-lineage-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function sluice(args: readonly string[], input: readonly string[] = []): Promise<{ exitCode: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const exitCode = await run(args, { stdin: Readable.from(input), write: (text) => (out += text), writeError: (text) => (err += text), env: {} });
  return { exitCode, out, err };
}
function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const SCRIPT = `CREATE TABLE s (a STRING, b BIGINT, l ARRAY<ROW<x INT>>) WITH ('connector' = 'datagen');
CREATE TABLE k (c1 STRING, c2 BIGINT, c3 INT, c4 INT) WITH ('connector' = 'print');
INSERT INTO k SELECT a, b + 1, l[1].x, 7 FROM s
WHERE b > 0;
`;

test('prints for people what each column comes from, what decides rows and where', async () => {
  const { exitCode, out } = await sluice(['lineage', file('job.sql', SCRIPT)]);
  expect(exitCode).toBe(0);
  expect(out).toBe(`default_catalog.default_database.k
  c1  ← s.a
  c2  ← s.b (computed)
  c3  ← s.l[].x
  c4  (no field)
  rows are decided by
    FILTER     s.b   line 4, column 7
complete
`);
});

test('says what is unknown, and that there may be more', async () => {
  const { exitCode, out } = await sluice(['lineage', file('partial.sql', SCRIPT.replace('FROM s\n', 'FROM hive.db.s\n'))]);
  expect(exitCode).toBe(0);
  expect(out).toContain("unknown: the columns of table 'hive.db.s' are not known");
  expect(out.trimEnd().split('\n').at(-1)).toBe('partial: there may be more than this');
});

test('a script Flink would refuse fails with file, line and column', async () => {
  const path = file('wrong.sql', SCRIPT.replace('a, b + 1', 'aa, b + 1'));
  expect(await sluice(['lineage', path])).toEqual({ exitCode: 1, out: '', err: `sluice: ${path}:3:22: column 'aa' is in none of the tables here; did you mean 'a'?\n` });
});

test('answers lines in order: scripts, plans, and what is neither', async () => {
  const lines = [
    JSON.stringify({ id: 1, script: SCRIPT }), JSON.stringify({ id: { x: '__proto__' }, script: 'INSERT INTO' }), JSON.stringify({ id: 'p', plan: {} }), JSON.stringify({ id: 'n' }), 'no json', '',
    JSON.stringify({ id: 'last', script: '' }),
  ];
  const { exitCode, out } = await sluice(['lineage', '--jsonl'], lines.map((line) => `${line}\n`));
  const answers = out.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(exitCode).toBe(0);
  expect(answers.map(({ id }) => id)).toEqual([1, { x: '__proto__' }, 'p', 'n', null, 'last']);
  expect(answers[0]).toEqual({
    id: 1, completeness: 'complete', unknown: [],
    sinks: [{
      table: 'default_catalog.default_database.k',
      columns: [
        { name: 'c1', origins: [{ table: 'default_catalog.default_database.s', column: 'a', path: [], kind: 'IDENTITY' }] },
        { name: 'c2', origins: [{ table: 'default_catalog.default_database.s', column: 'b', path: [], kind: 'TRANSFORM' }] },
        { name: 'c3', origins: [{ table: 'default_catalog.default_database.s', column: 'l', path: ['[]', 'x'], kind: 'IDENTITY' }] },
        { name: 'c4', origins: [] },
      ],
      reads: [{ table: 'default_catalog.default_database.s', column: 'b', path: [], why: 'FILTER' }],
    }],
  });
  expect(answers[1]).toEqual({ id: { x: '__proto__' }, error: { message: 'expected the name of a table, found the end of the script', line: 1, column: 12 } });
  for (const answer of answers.slice(2, 5)) expect(answer).toMatchObject({ error: { message: expect.any(String) as string } });
  expect(answers[5]).toEqual({ id: 'last', completeness: 'complete', sinks: [], unknown: [] });
});

test('a plan is read from its file', async () => {
  const { exitCode, err } = await sluice(['lineage', file('plan.json', '{"nodes": 1}')]);
  expect([exitCode, err.length > 10]).toEqual([1, true]);
  expect((await sluice(['lineage', file('broken.json', '{')])).exitCode).toBe(2);
  expect((await sluice(['lineage', join(folder, 'none.sql')])).exitCode).toBe(2);
});

test('a program at the gate needs to be told which job runs it', async () => {
  const { exitCode, err } = await sluice(['gate', 'check', file('gate.sql', SCRIPT)]);
  expect([exitCode, err]).toEqual([2, expect.stringContaining('--job')]);
});
