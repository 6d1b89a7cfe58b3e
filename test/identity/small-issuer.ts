import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { IssuerConfig } from '../../server/identity/identity-config.ts';

export type Misbehaviour = 'well' | '500' | 'html' | 'not-found' | 'silence' | 'drip' | 'huge' | 'redirect' | 'hang-up' | 'no-keys' | 'private-key' | 'of-another-issuer' | 'plain-address';

/** Seconds since epoch of the tests' noon. */
export const NOON_S = Date.UTC(2026, 5, 1, 12) / 1_000;

/** A true, small issuer of tokens: keys that come and go, a discovery document, and ways to fail. */
export class SmallIssuer {
  /** Paths asked for. */
  readonly asked: string[] = [];
  readonly #keys = new Map<string, { readonly alg: string; readonly privateKey: CryptoKey; readonly jwk: JWK; readonly privateJwk: JWK }>();
  readonly #published = new Set<string>();
  #how: Misbehaviour = 'well';
  readonly #server = createServer((request, response) => {
    this.asked.push(request.url ?? '');
    if (this.#how === 'well' || !this.#misbehave(this.#how, response)) this.#answer(request.url ?? '', response);
  });

  static async start(): Promise<SmallIssuer> {
    const issuer = new SmallIssuer();
    await new Promise<void>((resolve) => issuer.#server.listen(0, '127.0.0.1', resolve));
    await issuer.publish('first');
    return issuer;
  }
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
  misbehave(how: Misbehaviour): void {
    this.#how = how;
  }
  takeAsked(): string[] {
    return this.asked.splice(0);
  }

  /** Makes a key, without showing it to anybody yet. */
  async make(kid: string, alg = 'ES256'): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    this.#keys.set(kid, { alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }, privateJwk: await exportJWK(privateKey) });
  }
  async publish(kid: string, alg = 'ES256'): Promise<void> {
    if (!this.#keys.has(kid)) await this.make(kid, alg);
    this.#published.add(kid);
  }
  withdraw(kid: string): void {
    this.#published.delete(kid);
  }
  get keySet(): { readonly keys: JWK[] } {
    return { keys: [...this.#published].map((kid) => this.#keys.get(kid)!.jwk) };
  }
  jwk(kid: string): JWK {
    return this.#keys.get(kid)!.jwk;
  }

  /** A token of ann for an hour, but for what is told otherwise; a claim told as undefined is left out. */
  token(claims: { readonly [claim: string]: unknown } = {}, { kid = 'first', header = {} }: { kid?: string; header?: Record<string, unknown> } = {}): Promise<string> {
    const { alg, privateKey } = this.#keys.get(kid)!;
    const all = { iss: this.url, aud: 'sluice', sub: 'ann', iat: NOON_S, exp: NOON_S + 3_600, groups: ['staff'], ...claims };
    return new SignJWT(JSON.parse(JSON.stringify(all)) as JWTPayload).setProtectedHeader({ alg, kid, typ: 'at+jwt', ...header }).sign(privateKey);
  }

  #answer(path: string, response: ServerResponse): void {
    const json = (body: unknown): void => void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (path === '/.well-known/openid-configuration') return json({ issuer: this.#how === 'of-another-issuer' ? 'https://other' : this.url, jwks_uri: this.#how === 'plain-address' ? 'http://10.0.0.1/keys' : `${this.url}/keys` });
    if (this.#how === 'private-key') return json({ keys: [{ ...this.jwk('first'), d: this.#keys.get('first')!.privateJwk.d }] });
    return json(this.#how === 'no-keys' ? { keys: [] } : this.keySet);
  }

  /** Whether that was an answer. */
  #misbehave(how: Misbehaviour, response: ServerResponse): boolean {
    switch (how) {
      case '500': response.writeHead(500).end('{}'); return true;
      case 'html': response.writeHead(200, { 'content-type': 'text/html' }).end('<html>sign in</html>'); return true;
      case 'not-found': response.writeHead(404, { 'content-type': 'application/json' }).end('{}'); return true;
      case 'redirect': response.writeHead(302, { location: 'http://169.254.169.254/' }).end(); return true;
      case 'hang-up': response.destroy(); return true;
      case 'silence': return true;
      case 'drip': {
        response.writeHead(200, { 'content-type': 'application/json' });
        const drip = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(drip));
        return true;
      }
      case 'huge': response.writeHead(200, { 'content-type': 'application/json' }).end(`{"keys":[${' '.repeat(1_000_000)}]}`); return true;
      default: return false;
    }
  }
}

/** What a server is told of the issuer, in the form the settings give. */
export function issuerConfigOf({ url }: SmallIssuer, more: Partial<IssuerConfig> = {}): IssuerConfig {
  const roles = new Map<string, readonly ('viewer' | 'admin' | 'deployer')[]>([['staff', ['viewer']], ['platform-admins', ['admin', 'deployer']]]);
  return {
    issuer: url, audience: 'sluice', algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'], tokenType: 'at+jwt', clockToleranceS: 5,
    keys: { kind: 'fetched', jwksUrl: null, staleAfterMs: 3_600_000 },
    claims: { rolesClaim: 'groups', teamsClaim: 'groups', nameClaim: 'sub', roles },
    ...more,
  };
}
