import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RegistryClient } from '../../server/registry/registry-client.ts';
import { type FailureKind, OutsideFailure } from '../../server/outside/outside-failure.ts';
import type { Misbehaviour } from '../outside/misbehaviour.ts';
import { record } from './mirrored.ts';
import { SmallRegistry } from './small-registry.ts';

let registry: SmallRegistry;
beforeEach(async () => void (registry = await new SmallRegistry().start()));
afterEach(() => registry.close());

const client = (limits = {}) => new RegistryClient({ url: registry.url, auth: null, limits });
const failureOf = (asked: Promise<unknown>): Promise<unknown> => asked.then((answer) => answer, (failure: unknown) => (failure instanceof OutsideFailure ? failure.kind : failure));

test.each<[Misbehaviour, FailureKind]>([
  ['500', 'server-error'], ['html', 'not-json'], ['html-404', 'not-json'], ['redirect', 'redirected'], ['hang-up', 'unreachable'], ['forbidden', 'refused'], ['not-a-list', 'malformed'],
  ['huge', 'too-large'], ['silence', 'timed-out'], ['drip', 'timed-out'],
])('a registry that answers with %s is told apart as %s', async (how, kind) => {
  registry.misbehave(how);
  const impatient = client({ answerMs: 300, listMs: how === 'huge' ? 10_000 : 300 });
  expect(await failureOf(impatient.subjects('all', { offset: 0, limit: 10 }))).toBe(kind);
});

test('reads no more of 200 MB than the limit', async () => {
  registry.misbehave('huge');
  const before = process.memoryUsage().rss;
  expect(await failureOf(client({ smallBytes: 100_000 }).versions('a'))).toBe('too-large');
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
});

test('nobody listening is unreachable, and the message names the address without a secret', async () => {
  const gone = new RegistryClient({ url: 'http://127.0.0.1:9', auth: { username: 'me', password: 'secret' } });
  await expect(gone.versions('a')).rejects.toThrow(/^the Schema Registry at http:\/\/127\.0\.0\.1:9 cannot be reached/);
  await expect(gone.versions('a')).rejects.not.toThrow(/secret/);
});

test('only the registry\'s own word means that something is not there', async () => {
  expect(await client().versions('a')).toBeNull();
  expect(await client().version('a', 1)).toBeNull();
  registry.misbehave('html-404');
  expect(await failureOf(client().version('a', 1))).toBe('not-json');
});

test('names with slashes, blanks and contexts arrive as they are', async () => {
  for (const subject of ['a/b c-value', ':.staging:orders-value', '../config', 'ü%2F']) {
    registry.register(subject, '"int"');
    expect(await client().version(subject, 1)).toMatchObject({ subject, schemaType: 'AVRO', schema: '"int"', references: [] });
  }
});

test.each([
  [{ username: 'me', password: 'päss' }, `Basic ${Buffer.from('me:päss').toString('base64')}`],
  [{ token: 't0ken' }, 'Bearer t0ken'],
])('identifies itself as configured: %j', async (auth, header) => {
  await new RegistryClient({ url: registry.url, auth }).level('');
  expect([...registry.authorizations]).toEqual([header]);
});

/** What a real registry (Apicurio 3.3.3, ccompat v7) answered. */
const CAPTURED: readonly (readonly [string, (client: RegistryClient) => Promise<unknown>, unknown])[] = [
  ['get-subjects', (c) => c.subjects('live', { offset: 0, limit: 10 }), []],
  ['get-versions', (c) => c.liveVersions('user-value'), [1, 2]],
  ['versions-deleted-true', (c) => c.versions('user-value'), { all: [1, 2], marked: [] }],
  ['get-subject-missing', (c) => c.versions('nope'), null],
  ['config-global', (c) => c.level(''), 'BACKWARD'],
  ['mode-global', (c) => c.mode(''), 'READWRITE'],
  ['get-version', (c) => c.version('user-value', 1), { schemaId: 1, schemaType: 'AVRO', references: [] }],
  ['get-version-with-references', (c) => c.version('cust-value', 1), { schemaId: 8, references: [{ name: 'demo.Address', subject: 'addr', version: 1 }] }],
];

test.each(CAPTURED)('reads a real answer: %s', async (file, ask, expected) => {
  const { request, status, contentType, body } = JSON.parse(readFileSync(new URL(`../fixtures/registry/${file}.json`, import.meta.url), 'utf8')) as { request: { path: string }; status: number; contentType: string; body: unknown };
  const paths: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    paths.push(url.split('?')[0] ?? '');
    response.writeHead(status, { 'content-type': contentType }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const answer = await ask(new RegistryClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, auth: null }));
  server.closeAllConnections();
  server.close();
  if (expected !== null && typeof expected === 'object' && !Array.isArray(expected)) expect(answer).toMatchObject(expected);
  else expect(answer).toEqual(expected);
  expect(paths).toEqual([request.path.split('?')[0]]);
});

test('registers a schema with its references, and the same again under the id it has', async () => {
  registry.register('other', '"int"');
  const asked = { schema: '{"type":"record","name":"R","fields":[{"name":"o","type":"shop.Other"}]}', references: [{ name: 'shop.Other', subject: 'other', version: 1 }] };
  expect(await client().register('a/b-value', asked)).toEqual({ outcome: 'registered', version: 1, schemaId: 2 });
  expect(await client().register('a/b-value', asked)).toEqual({ outcome: 'registered', version: 1, schemaId: 2 });
  expect(await client().version('a/b-value', 1)).toMatchObject(asked);
  expect(registry.takeAsked().filter((request) => request.startsWith('P')).every((request) => !request.includes('/config') && !request.includes('force'))).toBe(true);
});

test('what the registry refuses comes back in its words, cut where they repeat a schema', async () => {
  registry.register('a', record('id'));
  registry.level('a', 'BACKWARD');
  expect(await client().register('a', { schema: record('id').replace('"default":""', '"more":1').replaceAll('"id"', '"no"'), references: [] })).toMatchObject({ outcome: 'refused', status: 409, code: 409, message: expect.stringContaining('incompatible with an earlier schema') });
  const long = await client().register('a', { schema: JSON.stringify('x'.repeat(10_000)), references: [] });
  expect(long).toMatchObject({ outcome: 'refused', status: 422, code: 42201 });
  expect((long as { message: string }).message.length).toBe(2_001);
});

test.each<[Misbehaviour, FailureKind]>([['500', 'server-error'], ['html-404', 'not-json'], ['forbidden', 'not-json'], ['redirect', 'redirected'], ['silence', 'timed-out'], ['huge', 'too-large'], ['not-a-list', 'malformed']])(
  'a registry that answers a new version with %s has neither taken nor refused it: %s',
  async (how, kind) => {
    registry.misbehave(how, /^POST/);
    expect(await failureOf(client({ registerMs: how === 'huge' ? 10_000 : 300 }).register('a', { schema: '"int"', references: [] }))).toBe(kind);
  },
);
