import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import { afterAll, expect, test } from 'vitest';
import { serverConfig } from '../../server/config.ts';
import { type IdentityConfig, identityConfig } from '../../server/identity/identity-config.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

const OIDC = { SLUICE_OIDC_ISSUER: 'https://id.example.com/', SLUICE_OIDC_ROLES: 'platform-admins=admin,break-glass;*=viewer' };
function read(env: Record<string, string>): { readonly config: IdentityConfig; readonly mistakes: string[] } {
  const mistakes: string[] = [];
  return { config: identityConfig(env, mistakes), mistakes };
}

test('an issuer is checked strictly unless told otherwise', () => {
  expect(read(OIDC)).toEqual({
    mistakes: [],
    config: {
      kind: 'issuer',
      issuer: {
        issuer: 'https://id.example.com/', audience: 'sluice', algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'], tokenType: 'at+jwt', clockToleranceS: 5,
        keys: { kind: 'fetched', jwksUrl: null, staleAfterMs: 3_600_000 },
        claims: { rolesClaim: 'groups', teamsClaim: 'groups', nameClaim: 'sub', roles: new Map([['platform-admins', ['admin', 'break-glass']], ['*', ['viewer']]]) },
      },
    },
  });
});

test.each<[string, Record<string, string>]>([
  ['SLUICE_IDENTITY', { SLUICE_IDENTITY: 'none' }],
  ['SLUICE_IDENTITY', { ...OIDC, SLUICE_IDENTITY: 'local' }],
  ['SLUICE_IDENTITY', { ...OIDC, SLUICE_IDENTITY: 'tokens' }],
  ['SLUICE_OIDC_ISSUER', { SLUICE_OIDC_ROLES: '*=viewer' }],
  ['SLUICE_OIDC_ISSUER', { ...OIDC, SLUICE_OIDC_ISSUER: 'id.example.com' }],
  ['SLUICE_OIDC_ISSUER', { ...OIDC, SLUICE_OIDC_ISSUER: 'http://id.example.com' }],
  ['SLUICE_OIDC_JWKS_URL', { ...OIDC, SLUICE_OIDC_JWKS_URL: 'http://id.example.com/keys?x=1' }],
  ['SLUICE_OIDC_ALGORITHMS', { ...OIDC, SLUICE_OIDC_ALGORITHMS: 'RS256,HS256' }],
  ['SLUICE_OIDC_ALGORITHMS', { ...OIDC, SLUICE_OIDC_ALGORITHMS: 'none' }],
  ['SLUICE_OIDC_ALGORITHMS', { ...OIDC, SLUICE_OIDC_ALGORITHMS: ',' }],
  ['SLUICE_OIDC_TOKEN_TYPE', { ...OIDC, SLUICE_OIDC_TOKEN_TYPE: 'at jwt' }],
  ['SLUICE_OIDC_CLOCK_TOLERANCE', { ...OIDC, SLUICE_OIDC_CLOCK_TOLERANCE: '3600' }],
  ['SLUICE_OIDC_KEYS_STALE_AFTER', { ...OIDC, SLUICE_OIDC_KEYS_STALE_AFTER: 'never' }],
  ['SLUICE_OIDC_JWKS_URL', { ...OIDC, SLUICE_OIDC_JWKS_URL: 'file:///keys' }],
  ['SLUICE_OIDC_KEYS_FILE', { ...OIDC, SLUICE_OIDC_KEYS_FILE: join(folder, 'nothing.json') }],
  ['SLUICE_OIDC_ROLES', { SLUICE_OIDC_ISSUER: 'https://id' }],
  ['SLUICE_OIDC_ROLES', { SLUICE_OIDC_ISSUER: 'https://id', SLUICE_OIDC_ROLES: 'a=admin;b=king' }],
  ['SLUICE_OIDC_ROLES', { SLUICE_OIDC_ISSUER: 'https://id', SLUICE_OIDC_ROLES: '*=viewer;=admin' }],
])('refuses a mistake in %s: %j', (setting, env) => {
  expect(read(env).mistakes).toMatchObject([expect.stringMatching(new RegExp(`^${setting}\\b`))]);
});

test('a group may have an equals sign in its name', () => {
  expect(read({ ...OIDC, SLUICE_OIDC_ROLES: 'cn=admins,ou=x=admin' })).toMatchObject({ mistakes: [], config: { issuer: { claims: { roles: new Map([['cn=admins,ou=x', ['admin']]]) } } } });
});

test('keys come from a file of public keys, and of no others', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const file = (name: string, content: unknown): string => {
    writeFileSync(join(folder, name), JSON.stringify(content));
    return join(folder, name);
  };
  const jwk = await exportJWK(publicKey);
  expect(read({ ...OIDC, SLUICE_OIDC_KEYS_FILE: file('good.json', { keys: [jwk] }) })).toMatchObject({ mistakes: [], config: { issuer: { keys: { kind: 'configured', keys: [jwk] } } } });
  const bad = [{ keys: [await exportJWK(privateKey)] }, { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] }, { keys: [] }, { keys: [{ kty: 'RSA', e: 'AQAB', n: 'x'.repeat(171) }] }, { keys: [{ ...jwk, use: 'enc' }] }, [jwk], jwk];
  for (const [i, content] of bad.entries()) expect(read({ ...OIDC, SLUICE_OIDC_KEYS_FILE: file(`bad-${i}.json`, content) }).mistakes).toHaveLength(1);
});

test('listens elsewhere than on loopback only where callers are told apart', () => {
  expect(serverConfig({ HOST: '0.0.0.0' })).toMatchObject({ outcome: 'refused', mistakes: [expect.stringMatching(/^HOST/)] });
  expect(serverConfig({ HOST: '0.0.0.0', SLUICE_IDENTITY: 'local' })).toMatchObject({ outcome: 'refused' });
  expect(serverConfig({ HOST: '0.0.0.0', SLUICE_IDENTITY: 'tokens' })).toMatchObject({ config: { host: '0.0.0.0', identity: { kind: 'tokens' }, publicMetrics: false } });
  expect(serverConfig({ HOST: '0.0.0.0', ...OIDC, SLUICE_METRICS: 'public' })).toMatchObject({ config: { host: '0.0.0.0', identity: { kind: 'issuer' }, publicMetrics: true } });
  expect(serverConfig({ SLUICE_METRICS: 'hidden' })).toMatchObject({ outcome: 'refused' });
});
