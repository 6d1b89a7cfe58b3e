import { statSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from 'jose';
import { beforeEach, expect, test, vi } from 'vitest';
import { LONGEST_PERMIT_MS } from '../../server/actions/permit-book.ts';
import type { PermitClaims } from '../../server/catalog/permit/permit.ts';
import { KeysUnusable, PermitKeys, rotateKeys } from '../../server/permits/permit-keys.ts';
import { permitSigner, verifyPermit } from '../../server/permits/permit-token.ts';
import { openTestOffice, type TestOffice } from './test-office.ts';

const NOON = Date.UTC(2026, 5, 1, 12);
const JOB = { namespace: 'flink://main', name: 'enrich' };
const claims = (rest: Partial<PermitClaims> = {}): PermitClaims => ({ jti: 'p1', iat: NOON / 1000, exp: NOON / 1000 + 900, job: JOB, digest: 'sha256:a', inputs: [], outputs: [], revision: 7, decision: 'd1', ...rest });

let now: number;
let office: TestOffice;
beforeEach(async () => {
  now = NOON;
  office = await openTestOffice(() => now);
});
const published = async () => (await office.keys.published()) as unknown as JWK[];
const sign = async (rest?: Partial<PermitClaims>) => (await permitSigner(office.keys).sign(claims(rest))).token;
const verify = async (token: string, rest: Partial<Parameters<typeof verifyPermit>[1]> = {}) => {
  const verdict = await verifyPermit(token, { job: JOB, digest: 'sha256:a', keys: await published(), now, ...rest });
  return verdict.outcome === 'valid' ? 'valid' : verdict.fault;
};

test('makes a key file only its owner can read, and never publishes a private part', async () => {
  expect(statSync(office.file).mode & 0o777).toBe(0o600);
  expect((await published()).map((key) => Object.keys(key).sort())).toEqual([['alg', 'crv', 'kid', 'kty', 'use', 'x']]);
});

test('processes that start at once share one key', async () => {
  const file = `${office.file}.shared`;
  const opened = await Promise.all(Array.from({ length: 5 }, () => PermitKeys.open(file, () => now)));
  const ids = await Promise.all(opened.map(async (keys) => (await keys.signing()).keyId));
  expect(new Set(ids).size).toBe(1);
});

test('after a rotation the new key signs in a process that runs, and what the old one signed stays valid as long as it stands', async () => {
  const old = await sign();
  const before = await permitSigner(office.keys).sign(claims());
  const { keyId } = await rotateKeys(office.file, now);
  await vi.waitFor(async () => expect((await office.keys.signing()).keyId).toBe(keyId), { timeout: 5_000 });
  expect(before.keyId).not.toBe(keyId);
  expect((await published()).map(({ kid }) => kid)).toEqual([keyId, before.keyId]);
  expect(await verify(old)).toBe('valid');
  now += LONGEST_PERMIT_MS + 60_001;
  expect((await published()).map(({ kid }) => kid)).toEqual([keyId]);
  await rotateKeys(office.file, now);
  expect((await (await PermitKeys.open(office.file, () => now)).published()).map(({ kid }) => kid)).not.toContain(before.keyId);
});

test('a file that is none of keys is refused with its reason', async () => {
  writeFileSync(office.file, '{"keys":[{"kty":"RSA"}]}');
  await expect(PermitKeys.open(office.file, () => now)).rejects.toThrow(KeysUnusable);
});

test('a permit lets its artifact of its job start until it expires', async () => {
  const token = await sign();
  expect(await verify(token)).toBe('valid');
  now += 899_999;
  expect(await verify(token)).toBe('valid');
  now += 1;
  expect(await verify(token)).toBe('expired');
});

test.each<[string, Partial<Parameters<typeof verifyPermit>[1]>, string]>([
  ['another job', { job: { ...JOB, name: 'other' } }, 'another-job'],
  ['a job of another cluster', { job: { ...JOB, namespace: 'flink://ads' } }, 'another-job'],
  ['another digest', { digest: 'sha256:b' }, 'another-digest'],
  ['an artifact without a digest', { digest: null }, 'another-digest'],
  ['keys that know it not', { keys: [] }, 'unknown-key'],
])('refuses a permit for %s', async (_, rest, fault) => {
  expect(await verify(await sign(), rest)).toBe(fault);
});

test('a permit for no artifact in particular is none for one', async () => {
  expect(await verify(await sign({ digest: null }))).toBe('another-digest');
  expect(await verify(await sign({ digest: null }), { digest: null })).toBe('valid');
});

test('a token that is no permit of ours lets nothing start, and the reason is named', async () => {
  const [key] = await published();
  const forged = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const header = { alg: 'EdDSA', typ: 'sluice-permit+jwt', kid: key!.kid! };
  const body = { iss: 'urn:sluice', ...claims() };
  const [head, payload, signature] = (await sign()).split('.');
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  // The public key as the secret of an HMAC: who lets the token choose its algorithm takes it.
  const confused = await new SignJWT(body).setProtectedHeader({ ...header, alg: 'HS256' }).sign(new TextEncoder().encode(key!.x!));
  const cases: [string, string][] = [
    ['malformed', 'x'], ['malformed', ''], ['malformed', 'a.b.c'], ['malformed', 'x'.repeat(2_000_000)],
    ['unsigned', `${new UnsecuredJWT(body).encode()}`],
    ['unsigned', `${Buffer.from(JSON.stringify({ ...header, alg: 'nOnE' })).toString('base64url')}.${payload}.`],
    ['algorithm-not-allowed', confused],
    ['algorithm-not-allowed', await new SignJWT(body).setProtectedHeader({ ...header, alg: 'RS256' }).sign(rsa.privateKey)],
    ['not-a-permit', await new SignJWT(body).setProtectedHeader({ ...header, typ: 'at+jwt' }).sign(forged.privateKey)],
    ['bad-signature', await new SignJWT(body).setProtectedHeader(header).sign(forged.privateKey)],
    ['bad-signature', `${head}.${Buffer.from(JSON.stringify({ ...body, digest: 'sha256:b' })).toString('base64url')}.${signature}`],
    ['bad-signature', `${head}.${payload}.`],
    // Keys that come in the token itself are not asked.
    ['unknown-key', await new SignJWT(body).setProtectedHeader({ ...header, kid: 'mine', jwk: await exportJWK(forged.publicKey) }).sign(forged.privateKey)],
  ];
  for (const [fault, token] of cases) expect([fault, await verify(token)]).toEqual([fault, fault]);
});
