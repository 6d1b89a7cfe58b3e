import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../server/cli/sluice.ts';
import { openTestCatalog, PAYMENT, redeploy, smallPlatform, type TestCatalog } from '../http/catalog.ts';
import { openTestOffice, type TestOffice } from '../permits/test-office.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-cli-permit-'));
const keysFile = join(folder, 'jwks.json');
let catalog: TestCatalog;
let office: TestOffice;
let url: string;
beforeAll(async () => {
  office = await openTestOffice(Date.now);
  catalog = await openTestCatalog(undefined, { permits: office.office, clock: Date.now });
  await catalog.say(...smallPlatform());
  url = await catalog.app.listen({ host: '127.0.0.1', port: 0 });
  writeFileSync(keysFile, (await catalog.get('/.well-known/jwks.json')).text);
});
afterAll(async () => {
  await catalog.stop();
  rmSync(folder, { recursive: true });
});

async function sluice(args: readonly string[], stdin = ''): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const code = await run(args, { stdin: Readable.from([Buffer.from(stdin)]), write: (text) => void (out += text), writeError: (text) => void (err += text), env: { SLUICE_URL: url, SLUICE_PERMIT_KEYS: office.file } });
  return { code, out, err };
}
async function permit(digest: string | null): Promise<string> {
  const asked = redeploy(PAYMENT);
  return (await catalog.post('/v1/gate/decisions', { ...asked, job: { ...asked.job, ...(digest === null ? {} : { artifact: { digest } }) } })).body.permit.token as string;
}
const JOB = 'flink://main/payments-cdc';

test('gate check prints the permit of a job that may start', async () => {
  const file = join(folder, 'allowed.json');
  writeFileSync(file, JSON.stringify(redeploy(PAYMENT)));
  expect((await sluice(['gate', 'check', file])).out).toMatch(/^ALLOWED .*\npermit until \d{4}-.*: ey[\w-]+\.[\w-]+\.[\w-]+\n/);
});

test('permit verify needs no server: exit 0 for the artifact it was given for', async () => {
  const token = await permit('sha256:a');
  const verified = await sluice(['permit', 'verify', token, '--job', JOB, '--digest', 'sha256:a', '--keys', keysFile]);
  expect([verified.code, verified.out]).toMatchObject([0, expect.stringMatching(/^VALID {2}permit /)]);
  expect((await sluice(['permit', 'verify', '-', '--job', JOB, '--digest', 'sha256:a', '--keys', keysFile, '--json'], `${token}\n`)).code).toBe(0);
});

test.each<[string, string[], string]>([
  ['another digest', ['--job', JOB, '--digest', 'sha256:b'], 'another-digest'],
  ['no digest where it names one', ['--job', JOB], 'another-digest'],
  ['another job', ['--job', 'flink://main/other', '--digest', 'sha256:a'], 'another-job'],
])('exits 1 for %s, and names why', async (_, args, fault) => {
  const { code, out } = await sluice(['permit', 'verify', await permit('sha256:a'), ...args, '--keys', keysFile]);
  expect([code, out.startsWith(`REFUSED  ${fault}: `)]).toEqual([1, true]);
});

test('exits 2 for keys that are none and for a missing job', async () => {
  const token = await permit(null);
  expect((await sluice(['permit', 'verify', token, '--job', JOB, '--keys', join(folder, 'nowhere')])).code).toBe(2);
  writeFileSync(join(folder, 'no-keys.json'), '[]');
  expect((await sluice(['permit', 'verify', token, '--job', JOB, '--keys', join(folder, 'no-keys.json')])).code).toBe(2);
  expect((await sluice(['permit', 'verify', token, '--keys', keysFile])).code).toBe(2);
});

test('rotate-key lets a new key sign, and keeps the old one published', async () => {
  const { code, out } = await sluice(['permit', 'rotate-key', '--json']);
  expect([code, JSON.parse(out)]).toMatchObject([0, { published: 2 }]);
  expect((await sluice(['permit', 'rotate-key', '--keys', join(folder, 'nowhere')])).code).toBe(2);
});
