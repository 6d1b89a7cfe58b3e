import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TokenVerifier } from '../../server/identity/authenticate.ts';
import { COOLDOWN_MS, REFRESH_AFTER_MS, RETRY_AFTER_MS } from '../../server/identity/issuer-keys.ts';
import { tokenVerifier } from '../../server/identity/token-verifier.ts';
import type { Problem } from '../../server/problem.ts';
import { issuerConfigOf, type Misbehaviour, NOON_S, SmallIssuer } from './small-issuer.ts';

const DISCOVERY = '/.well-known/openid-configuration';
const STALE_AFTER_MS = 3_600_000;
const DAY_S = 86_400;
let issuer: SmallIssuer;
let now: number;
let warnings: object[];
let verifier: TokenVerifier;
beforeEach(async () => {
  issuer = await SmallIssuer.start();
  [now, warnings] = [NOON_S * 1_000, []];
  verifier = tokenVerifier(issuerConfigOf(issuer), { clock: () => now, log: { warn: (facts) => void warnings.push(facts) } });
});
afterEach(() => issuer.close());

const outcome = async (kid = 'first', sub = 'ann'): Promise<string> => verifier.verify(await issuer.token({ sub, exp: NOON_S + DAY_S }, { kid })).then(() => 'accepted', (problem: Problem) => problem.slug);
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

test('asks the issuer once, however many ask at first', async () => {
  expect(await Promise.all(Array.from({ length: 20 }, (_, i) => outcome('first', `p${i}`)))).toEqual(Array.from({ length: 20 }, () => 'accepted'));
  expect(issuer.takeAsked()).toEqual([DISCOVERY, '/keys']);
});

test('an address of keys that is configured is asked without discovery', async () => {
  verifier = tokenVerifier(issuerConfigOf(issuer, { keys: { kind: 'fetched', jwksUrl: `${issuer.url}/keys`, staleAfterMs: STALE_AFTER_MS } }), { clock: () => now, log: { warn: () => undefined } });
  expect(await outcome()).toBe('accepted');
  expect(issuer.takeAsked()).toEqual(['/keys']);
});

test('a key that is new at the issuer is found by the first token signed with it', async () => {
  await outcome();
  await issuer.publish('second');
  now += COOLDOWN_MS;
  expect(await outcome('second')).toBe('accepted');
});

test('tokens that name keys of their own invention do not make it ask more often', async () => {
  await outcome();
  for (const kid of ['x', 'y', 'z']) await issuer.make(kid);
  issuer.takeAsked();
  now += COOLDOWN_MS;
  expect(await Promise.all(['x', 'y', 'z', 'x'].map((kid) => outcome(kid)))).toEqual(['token-key-unknown', 'token-key-unknown', 'token-key-unknown', 'token-key-unknown']);
  expect(issuer.takeAsked()).toEqual([DISCOVERY, '/keys']);
  now += COOLDOWN_MS - 1;
  expect(await outcome('y')).toBe('token-key-unknown');
  expect(issuer.takeAsked()).toEqual([]);
});

test('a key the issuer withdrew opens nothing any more, not even to a token that was good before', async () => {
  const token = await issuer.token({ exp: NOON_S + DAY_S });
  await verifier.verify(token);
  await issuer.publish('second');
  issuer.withdraw('first');
  now += REFRESH_AFTER_MS;
  await verifier.verify(token);
  await settled();
  expect(await verifier.verify(token).catch(({ slug }: Problem) => slug)).toBe('token-key-unknown');
  expect(await outcome('second')).toBe('accepted');
});

test('while the issuer fails its last keys serve, for a bounded time; then nobody can be told apart, and it recovers by itself', async () => {
  await outcome();
  issuer.misbehave('500');
  now += REFRESH_AFTER_MS;
  expect(await outcome()).toBe('accepted');
  await settled();
  expect(warnings).toHaveLength(1);
  now = NOON_S * 1_000 + STALE_AFTER_MS - 1;
  expect(await outcome()).toBe('accepted');
  now += 1;
  expect([await outcome(), await outcome('first', 'ben')]).toEqual(['identity-unavailable', 'identity-unavailable']);
  issuer.misbehave('well');
  now += RETRY_AFTER_MS;
  expect(await outcome()).toBe('accepted');
});

test('a key nobody knows is not called wrong while the issuer cannot be asked', async () => {
  await outcome();
  await issuer.publish('second');
  issuer.misbehave('hang-up');
  now += COOLDOWN_MS;
  expect(await outcome('second')).toBe('identity-unavailable');
  expect(await outcome('first')).toBe('accepted');
});

test.each<Misbehaviour>(['500', 'html', 'not-found', 'huge', 'redirect', 'hang-up', 'no-keys', 'private-key', 'of-another-issuer', 'plain-address'])('an issuer that answers in the way %s lets nobody in, and is not pressed', async (how) => {
  issuer.misbehave(how);
  expect([await outcome(), await outcome()]).toEqual(['identity-unavailable', 'identity-unavailable']);
  const asked = issuer.takeAsked().length;
  expect(asked).toBeGreaterThan(0);
  now += RETRY_AFTER_MS - 1;
  expect(await outcome()).toBe('identity-unavailable');
  expect(issuer.takeAsked()).toEqual([]);
  issuer.misbehave('well');
  now += 1;
  expect(await outcome()).toBe('accepted');
});

test.each<Misbehaviour>(['silence', 'drip'])('an issuer that hangs with %s keeps a caller waiting for a bounded time', async (how) => {
  issuer.misbehave(how);
  expect(await outcome()).toBe('identity-unavailable');
}, 12_000);

test('tokens of another issuer, and such as nobody could sign, cost the issuer nothing', async () => {
  const token = await issuer.token({ iss: 'https://other' });
  expect(await verifier.verify(token).catch(({ slug }: Problem) => slug)).toBe('token-issuer-unknown');
  expect(await verifier.verify('a.b.c').catch(({ slug }: Problem) => slug)).toBe('token-malformed');
  expect(issuer.takeAsked()).toEqual([]);
});
