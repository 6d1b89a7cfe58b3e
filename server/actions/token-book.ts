import type { Role } from '../catalog/identity.ts';
import type { LedgerEntry } from '../store/store.ts';
import type { LedgerBook } from './ledger-follower.ts';

/** Longest an API token may live, ms: a year; then somebody looks at it again. */
export const LONGEST_TOKEN_MS = 366 * 24 * 3_600_000;

/** A token as it is kept: never the token itself, nor anything it could be made from. */
export interface ApiToken {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly teams: readonly string[];
  /** SHA-256 of the token, hex. */
  readonly hash: string;
  /** ms since epoch. */
  readonly createdAt: number;
  readonly expiresAt: number;
  /** Id and name of the identity that made it, and the ids behind that one. */
  readonly by: string;
  readonly byName: string;
  readonly behind: readonly string[];
}
/** What an entry of kind 'api-token' records. */
export type ApiTokenEvent =
  | { readonly event: 'created'; readonly token: ApiToken }
  | { readonly event: 'revoked'; readonly tokenId: string; readonly by: string; readonly byName: string; readonly reason: string | null };

export interface KnownToken extends ApiToken {
  /** ms; null: it was not. */
  readonly revokedAt: number | null;
}
export type TokenState = 'active' | 'expired' | 'revoked';

export function stateOfToken({ revokedAt, expiresAt }: KnownToken, now: number): TokenState {
  if (revokedAt !== null) return 'revoked';
  return now < expiresAt ? 'active' : 'expired';
}

/** The API tokens that were made, as long as one could still be in force. */
export class TokenBook implements LedgerBook {
  readonly kinds = ['api-token'] as const;
  readonly horizonMs = LONGEST_TOKEN_MS;
  readonly #tokens = new Map<string, KnownToken>();
  readonly #idByHash = new Map<string, string>();

  take({ body, at }: LedgerEntry): void {
    const event = JSON.parse(body) as ApiTokenEvent;
    if (event.event === 'created') {
      this.#tokens.set(event.token.id, { ...event.token, revokedAt: null });
      this.#idByHash.set(event.token.hash, event.token.id);
      return;
    }
    const token = this.#tokens.get(event.tokenId);
    if (token !== undefined && token.revokedAt === null) this.#tokens.set(token.id, { ...token, revokedAt: at });
  }

  forget(): void {
    this.#tokens.clear();
    this.#idByHash.clear();
  }

  get(id: string): KnownToken | null {
    return this.#tokens.get(id) ?? null;
  }

  /** By SHA-256, hex. Nobody can choose the hash of a guess, so that how long this takes tells nothing. */
  byHash(hash: string): KnownToken | null {
    return this.get(this.#idByHash.get(hash) ?? '');
  }

  /** Newest first. */
  all(): readonly KnownToken[] {
    return [...this.#tokens.values()].reverse();
  }
}
