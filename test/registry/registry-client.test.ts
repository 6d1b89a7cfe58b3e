import { afterEach, beforeEach, expect, test } from 'vitest';
import { RegistryClient } from '../../server/registry/registry-client.ts';
import { type FailureKind, RegistryFailure } from '../../server/registry/registry-failure.ts';
import { type Misbehaviour, SmallRegistry } from './small-registry.ts';

let registry: SmallRegistry;
beforeEach(async () => void (registry = await new SmallRegistry().start()));
afterEach(() => registry.close());

const client = (limits = {}) => new RegistryClient({ url: registry.url, auth: null, limits });
const failureOf = (asked: Promise<unknown>): Promise<unknown> => asked.then((answer) => answer, (failure: unknown) => (failure instanceof RegistryFailure ? failure.kind : failure));

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
  expect(await failureOf(client({ smallBytes: 100_000 }).versions('a', 'all'))).toBe('too-large');
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
});

test('nobody listening is unreachable, and the message names the address without a secret', async () => {
  const gone = new RegistryClient({ url: 'http://127.0.0.1:9', auth: { username: 'me', password: 'secret' } });
  await expect(gone.versions('a', 'all')).rejects.toThrow(/^the registry at http:\/\/127\.0\.0\.1:9 cannot be reached/);
  await expect(gone.versions('a', 'all')).rejects.not.toThrow(/secret/);
});

test('only the registry\'s own word means that something is not there', async () => {
  expect(await client().versions('a', 'all')).toBeNull();
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
