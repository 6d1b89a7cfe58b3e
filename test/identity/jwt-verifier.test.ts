import { createHmac } from 'node:crypto';
import { exportSPKI, importJWK, type CryptoKey, type JWTPayload } from 'jose';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { tokenVerifier } from '../../server/identity/token-verifier.ts';
import type { IssuerConfig } from '../../server/identity/identity-config.ts';
import { MAX_TOKEN_LENGTH } from '../../server/identity/jwt-verifier.ts';
import type { TokenVerifier } from '../../server/identity/authenticate.ts';
import type { Problem } from '../../server/problem.ts';
import { issuerConfigOf, NOON_S, SmallIssuer } from './small-issuer.ts';

let issuer: SmallIssuer;
let stranger: SmallIssuer;
let now: number;
beforeAll(async () => {
  [issuer, stranger] = [await SmallIssuer.start(), await SmallIssuer.start()];
  await issuer.publish('rsa', 'PS256');
  await issuer.publish('edwards', 'EdDSA');
  await issuer.publish('next');
});
afterAll(() => Promise.all([issuer.close(), stranger.close()]));
beforeEach(() => {
  now = NOON_S * 1_000;
});

const log = { warn: () => undefined };
const verifier = (more: Partial<IssuerConfig> = {}): TokenVerifier => tokenVerifier(issuerConfigOf(issuer, more), { clock: () => now, log });
const text = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = (): JWTPayload => ({ iss: issuer.url, aud: 'sluice', sub: 'ann', exp: NOON_S + 3_600, groups: ['platform-admins'] });
const slugOf = (verified: Promise<unknown>): Promise<string> => verified.then(() => 'accepted', (problem: Problem) => problem.slug);

test.each(['first', 'rsa', 'edwards'])('knows a person by a token signed with the key %s', async (kid) => {
  const identity = await verifier().verify(await issuer.token({ groups: ['staff', 'team-risk'] }, { kid }));
  expect(identity).toEqual({ id: `${issuer.url}#ann`, name: 'ann', kind: 'person', teams: ['staff', 'team-risk'], scopes: new Set(['lineage:read']) });
});

test.each<[string, string, () => Promise<string> | string]>([
  ['expired a while ago', 'token-expired', () => issuer.token({ exp: NOON_S - 6 })],
  ['that never expires', 'token-invalid', () => issuer.token({ exp: undefined })],
  ['that is not valid yet', 'token-invalid', () => issuer.token({ nbf: NOON_S + 6 })],
  ['for somebody else', 'token-audience-wrong', () => issuer.token({ aud: 'other' })],
  ['for nobody', 'token-audience-wrong', () => issuer.token({ aud: undefined })],
  ['of another issuer', 'token-issuer-unknown', () => stranger.token()],
  ['of no issuer', 'token-issuer-unknown', () => issuer.token({ iss: undefined })],
  ['of another issuer in our issuer\'s name', 'token-invalid', () => stranger.token({ iss: issuer.url })],
  ['with a key of its own', 'token-key-unknown', () => stranger.make('own').then(() => stranger.token({ iss: issuer.url }, { kid: 'own' }))],
  ['that brings its key along', 'token-key-unknown', async () => stranger.token({ iss: issuer.url }, { header: { kid: 'x', jwk: stranger.jwk('first'), jku: `${stranger.url}/keys` } })],
  ['without the name of its key, where there are several', 'token-key-unknown', () => issuer.token({}, { header: { kid: undefined } })],
  ['about nobody', 'token-invalid', () => issuer.token({ sub: undefined })],
  ['about somebody without a name', 'token-invalid', () => issuer.token({ sub: '' })],
  ['that is an ID token', 'token-invalid', () => issuer.token({}, { header: { typ: 'JWT' } })],
  ['without a type', 'token-invalid', () => issuer.token({}, { header: { typ: undefined } })],
  ['with an extension nobody knows', 'token-invalid', () => `${text({ alg: 'ES256', kid: 'first', typ: 'at+jwt', crit: ['x'], x: 1 })}.${text(claims())}.AAAA`],
  ['with alg none', 'token-unsigned', () => `${text({ alg: 'none', typ: 'at+jwt' })}.${text(claims())}.`],
  ['with alg nOnE and a signature', 'token-unsigned', () => `${text({ alg: 'nOnE', typ: 'at+jwt' })}.${text(claims())}.AAAA`],
  ['whose signature was cut off', 'token-unsigned', async () => (await issuer.token()).replace(/[^.]+$/, '')],
  ['whose claims were changed', 'token-invalid', async () => (await issuer.token()).replace(/\.[^.]+\./, `.${text(claims())}.`)],
  ['whose roles are no list', 'token-invalid', () => issuer.token({ groups: [{ name: 'platform-admins' }] })],
  ['that is encrypted', 'token-malformed', () => 'a.b.c.d.e'],
  ['that is no JSON', 'token-malformed', () => 'a.b.c'],
  ['whose claims are a list', 'token-malformed', () => `${text({ alg: 'ES256' })}.${text([1])}.AAAA`],
  ['that is one word', 'token-malformed', () => 'secret'],
  ['that is too long', 'token-malformed', () => issuer.token({ groups: ['g'.repeat(MAX_TOKEN_LENGTH)] })],
])('refuses a token %s as %s', async (_, slug, make) => {
  expect(await slugOf(verifier().verify(await make()))).toBe(slug);
});

test('refuses a token signed with the public key as if that were a shared secret', async () => {
  const pem = await exportSPKI((await importJWK(issuer.jwk('rsa'), 'PS256')) as CryptoKey);
  for (const secret of [pem, ` ${pem}`, JSON.stringify(issuer.jwk('rsa'))]) {
    const signed = `${text({ alg: 'HS256', kid: 'rsa', typ: 'at+jwt' })}.${text(claims())}`;
    const token = `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
    expect(await slugOf(verifier().verify(token))).toBe('token-algorithm-refused');
  }
});

test('refuses an algorithm that the key could do and the configuration does not name', async () => {
  expect(await slugOf(verifier({ algorithms: ['RS256'] }).verify(await issuer.token()))).toBe('token-algorithm-refused');
});

test('says nothing of what is in a token it refuses', async () => {
  const token = await issuer.token({ aud: 'secret-audience', sub: 'secret-sub' });
  const problem = await verifier().verify(token).catch((failure: Problem) => failure) as Problem;
  const said = JSON.stringify([problem.message, problem.facts, String(problem.cause)]);
  for (const part of [...token.split('.'), 'secret-audience', 'secret-sub']) expect(said).not.toContain(part);
});

test('forgives clocks a difference of the tolerance, and no more', async () => {
  expect(await slugOf(verifier().verify(await issuer.token({ exp: NOON_S - 4, nbf: NOON_S + 5 })))).toBe('accepted');
  expect(await slugOf(verifier({ clockToleranceS: 0 }).verify(await issuer.token({ exp: NOON_S })))).toBe('token-expired');
});

test('takes the type of tokens that is configured', async () => {
  const token = await issuer.token({}, { header: { typ: 'JWT' } });
  expect([await slugOf(verifier({ tokenType: 'JWT' }).verify(token)), await slugOf(verifier({ tokenType: 'JWT' }).verify(await issuer.token()))]).toEqual(['accepted', 'token-invalid']);
});

test('a token that was good is refused once it has expired', async () => {
  const [token, checked] = [await issuer.token({ exp: NOON_S + 10 }), verifier()];
  expect(await slugOf(checked.verify(token))).toBe('accepted');
  now += 14_000;
  expect(await slugOf(checked.verify(token))).toBe('accepted');
  now += 1_000;
  expect(await slugOf(checked.verify(token))).toBe('token-expired');
});

test('what was found of one token is not said of another that looks much like it', async () => {
  const checked = verifier();
  const token = await issuer.token();
  await checked.verify(token);
  const [header, body, signature] = token.split('.') as [string, string, string];
  const forged = `${header}.${text({ ...claims(), groups: ['platform-admins'] })}.${signature}`;
  expect(await slugOf(checked.verify(forged))).toBe('token-invalid');
  const other = await issuer.token({ sub: 'ben' });
  expect((await checked.verify(other)).name).toBe('ben');
  expect(await slugOf(checked.verify(`${header}.${body}.${signature.slice(0, -2)}AA`))).toBe('token-invalid');
  expect((await checked.verify(token)).name).toBe('ann');
});

test('a token is checked once', async () => {
  const [token, checked] = [await issuer.token(), verifier()];
  expect(await checked.verify(token)).toBe(await checked.verify(token));
});

test('keys may be configured, and then nobody is asked', async () => {
  issuer.takeAsked();
  const checked = verifier({ keys: { kind: 'configured', keys: issuer.keySet.keys } });
  expect(await slugOf(checked.verify(await issuer.token()))).toBe('accepted');
  await issuer.make('hidden');
  expect(await slugOf(checked.verify(await issuer.token({}, { kid: 'hidden' })))).toBe('token-key-unknown');
  expect(issuer.takeAsked()).toEqual([]);
});
