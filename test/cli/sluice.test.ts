import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../server/cli/sluice.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { storeFile } from '../../server/config.ts';
import { openTestCatalog, PAYMENT, recordText, redeploy, smallPlatform, type TestCatalog } from '../http/catalog.ts';

let catalog: TestCatalog;
let url: string;
const folder = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
beforeAll(async () => {
  catalog = await openTestCatalog();
  await catalog.say(...smallPlatform());
  url = await catalog.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await catalog.stop();
  rmSync(folder, { recursive: true });
});

async function sluice(args: readonly string[], { stdin = '', env = {} }: { stdin?: string; env?: Record<string, string> } = {}): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const code = await run(args, { stdin: Readable.from([Buffer.from(stdin)]), write: (text) => void (out += text), writeError: (text) => void (err += text), env: { SLUICE_URL: url, ...env } });
  return { code, out, err };
}
const file = (name: string, content: string): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

test('gate check exits 1 on a denial and names field, reader, owner and path', async () => {
  const { code, out } = await sluice(['gate', 'check', file('denied.json', JSON.stringify(redeploy(recordText({ id: 'string', note: 'string' }))))]);
  expect(code).toBe(1);
  expect(out).toMatch(/^DENIED {2}decision/);
  expect(out).toContain('field kafka://main/payments amount → job flink://main/orders-enrich   owner team-checkout');
});

test('gate check exits 0 on an allow, and reads standard input', async () => {
  const { code, out } = await sluice(['gate', 'check', '-', '--json', '--dry-run'], { stdin: JSON.stringify(redeploy(PAYMENT)) });
  expect([code, (JSON.parse(out) as { outcome: string; dryRun: boolean }).outcome]).toEqual([0, 'allow']);
});

test('the same idempotency key prints the same decision', async () => {
  const request = file('again.json', JSON.stringify(redeploy(PAYMENT)));
  const [a, b] = [await sluice(['gate', 'check', request, '--idempotency-key', 'x', '--json']), await sluice(['gate', 'check', request, '--idempotency-key', 'x', '--json'])];
  expect(a.out).toBe(b.out);
});

test.each([
  ['a file that is not there', ['gate', 'check', '/nowhere.json'], 2],
  ['a file that is not JSON', ['gate', 'check', '-'], 2],
  ['an unknown command', ['gates'], 2],
  ['a missing argument', ['impact', 'kafka://main/payments'], 2],
  ['two changes at once', ['impact', 'kafka://main/payments', 'amount', '--rename', 'total', '--retype', 'int'], 2],
  ['a name without a namespace', ['impact', 'payments', 'amount'], 2],
  ['an entity nobody heard of', ['impact', 'kafka://main/payments', 'nothing'], 2],
  ['a server that is not there', ['search', 'x', '--url', 'http://127.0.0.1:9'], 3],
])('%s ends with its own exit code and a reason', async (_, args, expected) => {
  const { code, err } = await sluice(args, { stdin: '{' });
  expect(code).toBe(expected);
  expect(err).not.toBe('');
});

test('search, impact and lineage answer for people and as JSON', async () => {
  expect((await sluice(['search', 'payments'])).out).toContain('dataset kafka://main/payments   owner team-payments');
  expect((await sluice(['impact', 'kafka://main/payments', 'amount'])).out).toMatch(/^Removing `payments.amount` breaks 2 readers/);
  expect((await sluice(['impact', 'kafka://main/payments', 'amount', '--retype', 'int'])).out).toContain('breaks nobody known');
  expect((await sluice(['impact', 'kafka://main/payments', 'amount', '--rename', 'total'])).out).toMatch(/^Renaming `payments.amount` to `total` breaks 2 readers/);
  expect((await sluice(['lineage', 'kafka://main/enriched', 'id', '--upstream', '--limit', '1'])).out).toContain('more (--limit, --json)');
  expect(JSON.parse((await sluice(['lineage', 'kafka://main/payments', '--json'])).out)).toMatchObject({ direction: 'downstream' });
});

test('backup copies a store once and never over a file', async () => {
  const data = mkdtempSync(join(folder, 'data-'));
  const store = openSqliteStore({ file: storeFile(data) });
  const copy = join(folder, 'copy.sqlite');
  expect((await sluice(['backup', copy, '--data', data])).code).toBe(0);
  expect(existsSync(copy)).toBe(true);
  expect((await sluice(['backup', copy, '--data', data])).code).toBe(2);
  expect((await sluice(['backup', join(folder, 'other.sqlite'), '--data', join(folder, 'nothing')])).code).toBe(2);
  await store.close();
});

test('demo prints the sample platform as JSON lines', async () => {
  const { code, out } = await sluice(['demo']);
  expect(code).toBe(0);
  expect(out.trim().split('\n').length).toBeGreaterThan(1_000);
});

test.each([
  ['junit', '<failure type="output-breaks-reader"'],
  ['sarif', '"ruleId": "output-breaks-reader"'],
  ['json', '"outcome":"deny"'],
  ['text', 'DENIED'],
])('gate check prints findings as %s, and exits 1 all the same', async (format, expected) => {
  const { code, out } = await sluice(['gate', 'check', '-', '--format', format], { stdin: JSON.stringify(redeploy(recordText({ id: 'string', note: 'string' }))) });
  expect(code).toBe(1);
  expect(out).toContain(expected);
});

test('admission digest prints what to give the gate, and refuses a manifest without a Flink resource', async () => {
  const manifest = 'apiVersion: v1\nkind: ConfigMap\n---\napiVersion: flink.apache.org/v1beta1\nkind: FlinkDeployment\nmetadata: { name: a }\nspec: { image: flink, job: { jarURI: a.jar, parallelism: 2 } }\n';
  const [first, scaled] = [await sluice(['admission', 'digest', '-'], { stdin: manifest }), await sluice(['admission', 'digest', '-'], { stdin: manifest.replace('2 }', '9 }') })];
  expect([first.code, first.out]).toEqual([0, expect.stringMatching(/^sha256:[0-9a-f]{64}\n$/)]);
  expect(scaled.out).toBe(first.out);
  expect(await sluice(['admission', 'digest', '-'], { stdin: 'kind: Pod' })).toMatchObject({ code: 2, err: expect.stringContaining('not a FlinkDeployment') as unknown });
  expect((await sluice(['admission', 'digest', '-'], { stdin: '{ a: [' })).code).toBe(2);
});
