import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type Identity, type Role, scopesOf } from '../catalog/identity.ts';
import { Problem } from '../problem.ts';
import type { LedgerFollower } from './ledger-follower.ts';
import type { LedgerWriter } from './ledger-writer.ts';
import { type ApiToken, type ApiTokenEvent, type KnownToken, LONGEST_TOKEN_MS, stateOfToken, type TokenBook } from './token-book.ts';

/** What every API token begins with, so that a search for leaked secrets finds it. */
export const TOKEN_PREFIX = 'sluice_';
const SECRET_BYTES = 32;
const DAY_MS = 24 * 3_600_000;
/** A quarter: long enough that replacing it is no daily chore. */
export const DEFAULT_TOKEN_DAYS = 90;
export const LONGEST_TOKEN_DAYS = LONGEST_TOKEN_MS / DAY_MS;

export interface TokenRequest {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly teams?: readonly string[];
  readonly expiresInDays?: number;
}
export interface CreatedToken {
  readonly token: KnownToken;
  /** Shown to whoever asked, this once. */
  readonly secret: string;
}
export interface ApiTokensParts {
  readonly follower: Pick<LedgerFollower, 'catchUp'>;
  readonly writer: Pick<LedgerWriter, 'append'>;
  readonly book: TokenBook;
  readonly clock: () => number;
}

/** Tokens for machines: made, revoked and recognised. What one process revokes is refused by all from then on. */
export class ApiTokens {
  readonly #parts: ApiTokensParts;
  /** When this process last let each in, ms: how often machines ask is no business of the ledger. */
  readonly #lastUse = new Map<string, number>();

  constructor(parts: ApiTokensParts) {
    this.#parts = parts;
  }

  async create(request: TokenRequest, by: Identity): Promise<CreatedToken> {
    const { clock } = this.#parts;
    const secret = `${TOKEN_PREFIX}${randomBytes(SECRET_BYTES).toString('base64url')}`;
    const createdAt = clock();
    const token: ApiToken = {
      id: randomUUID(),
      name: request.name,
      roles: [...new Set(request.roles)],
      teams: [...new Set(request.teams)],
      hash: hashOf(secret),
      createdAt,
      expiresAt: createdAt + (request.expiresInDays ?? DEFAULT_TOKEN_DAYS) * DAY_MS,
      by: by.id,
      byName: by.name,
      behind: by.behind ?? [],
    };
    await this.#record({ event: 'created', token }, createdAt);
    return { token: { ...token, revokedAt: null }, secret };
  }

  async revoke(id: string, reason: string | null, by: Identity): Promise<KnownToken> {
    const token = await this.#get(id);
    if (token.revokedAt !== null) return token;
    await this.#record({ event: 'revoked', tokenId: id, by: by.id, byName: by.name, reason }, this.#parts.clock());
    return this.#get(id);
  }

  /** Newest first; those that expired more than a year ago may be missing. */
  async list(): Promise<readonly KnownToken[]> {
    await this.#parts.follower.catchUp();
    return this.#parts.book.all();
  }

  /** When this process last let it in, ms; null: not since it started. */
  lastUseOf({ id }: KnownToken): number | null {
    return this.#lastUse.get(id) ?? null;
  }

  /** Whose an API token is, by the ledger as it is now. */
  async verify(secret: string): Promise<Identity> {
    const { follower, book, clock } = this.#parts;
    await follower.catchUp();
    const token = book.byHash(hashOf(secret));
    if (token === null) throw new Problem('token-invalid', 'no such API token was ever given out');
    const now = clock();
    const state = stateOfToken(token, now);
    if (state === 'revoked') throw new Problem('token-revoked', `the API token ${token.name} was revoked`);
    if (state === 'expired') throw new Problem('token-expired', `the API token ${token.name} has expired: make a new one`);
    this.#lastUse.set(token.id, now);
    return identityOf(token);
  }

  async #get(id: string): Promise<KnownToken> {
    await this.#parts.follower.catchUp();
    const token = this.#parts.book.get(id);
    if (token === null) throw new Problem('token-not-found', `no API token has the id ${id}`);
    return token;
  }

  async #record(event: ApiTokenEvent, at: number): Promise<void> {
    await this.#parts.writer.append({ id: randomUUID(), kind: 'api-token', at, body: JSON.stringify(event), idempotencyKey: null, requestHash: null, job: null, owner: null, outcome: event.event });
  }
}

function identityOf({ id, name, roles, teams, by, behind }: ApiToken): Identity {
  return { id: `token:${id}`, name, kind: 'machine', teams, scopes: scopesOf(roles), behind: [by, ...behind] };
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
