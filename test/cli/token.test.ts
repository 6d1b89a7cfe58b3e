import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CatalogService, openCatalogService } from '../../server/catalog-service.ts';
import { run } from '../../server/cli/sluice.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import type { Store } from '../../server/store/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-token-'));
const file = join(folder, 'data', 'catalog.sqlite');
let first: string;
let store: Store;
let service: CatalogService;
let url: string;

async function sluice(args: readonly string[], env: Record<string, string> = {}): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const code = await run(args, { stdin: Readable.from([]), write: (text) => void (out += text), writeError: (text) => void (err += text), env });
  return { code, out, err };
}
beforeAll(async () => {
  // Made before any server has run.
  first = (await sluice(['token', 'create', 'ops', '--role', 'admin', '--store', file])).out.trim();
  store = openSqliteStore({ file });
  service = await openCatalogService({ store, aliases: new Map(), clock: Date.now, log: pino({ level: 'silent' }), snapshot: null, identity: { issued: null } });
  url = await service.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await service.stop();
  await store.close();
  rmSync(folder, { recursive: true });
});

test('the first token is made on the store, and opens the server', async () => {
  expect(first).toMatch(/^sluice_[\w-]{43}$/);
  const { code, out } = await sluice(['search', 'x'], { SLUICE_URL: url, SLUICE_TOKEN: first });
  expect([code, out]).toEqual([0, expect.stringContaining('0 found')]);
});

test('commands without a token, or with one that may not, end with 2 and say why', async () => {
  expect(await sluice(['search', 'x'], { SLUICE_URL: url })).toMatchObject({ code: 2, err: expect.stringContaining('SLUICE_TOKEN') as unknown });
  expect(await sluice(['search', 'x'], { SLUICE_URL: url, SLUICE_TOKEN: `${first.slice(0, -4)}AAAA` })).toMatchObject({ code: 2, err: expect.stringContaining('The token is not valid') as unknown });
  const emitter = (await sluice(['token', 'create', 'emitter', '--role', 'emitter', '--store', file])).out.trim();
  expect(await sluice(['search', 'x'], { SLUICE_URL: url, SLUICE_TOKEN: emitter })).toMatchObject({ code: 2, err: expect.stringContaining('lineage:read') as unknown });
});

test('tokens are made, listed and revoked by the server as well, and a revoked one is refused at once', async () => {
  const env = { SLUICE_TOKEN: first };
  const { out, err } = await sluice(['token', 'create', 'ci', '--role', 'deployer', 'viewer', '--team', 'team-a', 'team-b', '--days', '1', '--url', url], env);
  expect(out).toMatch(/^sluice_[\w-]{43}\n$/);
  expect(err).not.toContain(out.trim());
  const listed = (await sluice(['token', 'list', '--json', '--url', url], env)).out.trim().split('\n').map((line) => JSON.parse(line) as { id: string; name: string });
  expect(listed[0]).toMatchObject({ name: 'ci', roles: ['deployer', 'viewer'], teams: ['team-a', 'team-b'], state: 'active' });
  const id = listed[0]!.id;
  expect((await sluice(['search', 'x'], { SLUICE_URL: url, SLUICE_TOKEN: out.trim() })).code).toBe(0);
  expect((await sluice(['token', 'revoke', id, '--reason', 'leaked', '--store', file])).out).toBe('token ci is revoked\n');
  expect(await sluice(['search', 'x'], { SLUICE_URL: url, SLUICE_TOKEN: out.trim() })).toMatchObject({ code: 2, err: expect.stringContaining('revoked') as unknown });
  expect((await sluice(['token', 'list', '--store', file])).out).toMatch(new RegExp(`${id} {3}ci {3}deployer, viewer {3}teams team-a, team-b {3}revoked`));
  expect((await sluice(['token', 'revoke', id, '--url', url], env)).code).toBe(0);
});

test.each<[string, string[]]>([
  ['a role nobody knows', ['token', 'create', 'x', '--role', 'king']],
  ['no role', ['token', 'create', 'x']],
  ['a life of years', ['token', 'create', 'x', '--role', 'viewer', '--days', '1000']],
  ['a life of no days', ['token', 'create', 'x', '--role', 'viewer', '--days', '0']],
  ['an id that is none', ['token', 'revoke', 'nothing']],
  ['two places', ['token', 'list', '--url', 'http://127.0.0.1:9']],
])('%s ends with 2 and a reason', async (_, args) => {
  const { code, err } = await sluice([...args, '--store', file]);
  expect([code, err]).toEqual([2, expect.stringMatching(/./)]);
});

test('what is only read or revoked makes no store', async () => {
  const nowhere = join(folder, 'nowhere.sqlite');
  expect([(await sluice(['token', 'list', '--store', nowhere])).code, (await sluice(['token', 'revoke', 'x', '--store', nowhere])).code, existsSync(nowhere)]).toEqual([2, 2, false]);
});
