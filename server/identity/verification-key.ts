import type { JWK } from 'jose';
import { membersOf } from '../outside/json-reader.ts';

/** A public key in JSON, RFC 7517. */
export type VerificationKey = JWK;

/** Characters of a modulus of 2048 bits; what is shorter can be broken, and no algorithm of the list takes it. */
const SHORTEST_MODULUS = 342;
/** Kinds of key pairs that sign; `oct` is a shared secret. */
const KEY_TYPES = ['RSA', 'EC', 'OKP'];

/**
 * The public keys of a key set that are for signatures; others in it are left out. Throws where there is none, and where
 * it shows a secret: whoever published that has lost it.
 */
export function usableKeys(keySet: unknown): readonly VerificationKey[] {
  const { keys } = membersOf(keySet);
  if (!Array.isArray(keys)) throw new Error('it has no list `keys`');
  const told = keys.map(membersOf);
  if (told.some(({ d, k }) => d !== undefined || k !== undefined)) throw new Error('it holds a private or a shared key');
  const usable = told.filter(({ kty, use, n }) => KEY_TYPES.some((type) => type === kty) && (use === undefined || use === 'sig') && (kty !== 'RSA' || (typeof n === 'string' && n.length >= SHORTEST_MODULUS)));
  if (usable.length === 0) throw new Error('it holds no key for signatures');
  return usable as readonly VerificationKey[];
}
