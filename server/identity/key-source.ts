import { createLocalJWKSet, type JWTVerifyGetKey } from 'jose';
import type { VerificationKey } from './verification-key.ts';

/** Keys that tokens are checked with; another object, when they are others. */
export interface KeySet {
  /** Finds the one key for a token; rejects with jose's `JWKSNoMatchingKey` or `JWKSMultipleMatchingKeys`. */
  readonly find: JWTVerifyGetKey;
}
/** Where an issuer's keys come from. Both reject with the problem `identity-unavailable` where they cannot be told now. */
export interface KeySource {
  current(): Promise<KeySet>;
  /** The keys to try once more, where these lack the one a token names; the same ones, where there are no others. */
  others(than: KeySet): Promise<KeySet>;
}

export function keySetOf(keys: readonly VerificationKey[]): KeySet {
  return { find: createLocalJWKSet({ keys: [...keys] }) };
}

/** Keys that were configured, and change with the configuration alone. */
export function configuredKeys(keys: readonly VerificationKey[]): KeySource {
  const set = Promise.resolve(keySetOf(keys));
  return { current: () => set, others: () => set };
}
