import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose';
import { LONGEST_PERMIT_MS } from '../actions/permit-book.ts';
import { PERMIT_ALGORITHM } from '../catalog/permit/permit.ts';

/** Only the owner of the process may read private keys. */
const PRIVATE = 0o600;
/** A process that has not looked since a rotation goes on signing with the old key for so long, ms; much longer than it looks away. */
const LOOKED_AWAY_MS = 60_000;
/** How often the file is looked at for a rotation, ms. */
const LOOK_EVERY_MS = 1_000;

/** A private Ed25519 key of the file, as RFC 8037 has it. */
interface StoredKey {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly d: string;
  readonly kid: string;
  /** ms since epoch. */
  readonly madeAt: number;
  /** When a newer one took over; absent for the one that signs. */
  readonly retiredAt?: number;
}

/** What is published of a key: the members verifiers need, and none of the private ones. */
export interface PublishedKey {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly alg: typeof PERMIT_ALGORITHM;
  readonly use: 'sig';
}
export interface SigningKey {
  readonly keyId: string;
  readonly key: CryptoKey;
}

/** The file of keys cannot be used; the message says why. */
export class KeysUnusable extends Error {
  override readonly name = 'KeysUnusable';
}

/** The keys of permits in a file that replicas share. The newest signs; older ones stay published while a permit of theirs may stand. */
export class PermitKeys {
  readonly #file: string;
  readonly #clock: () => number;
  #keys: readonly StoredKey[] = [];
  #signing: SigningKey | null = null;
  #changedAt = -1;
  #lookedAt = Number.NEGATIVE_INFINITY;

  private constructor(file: string, clock: () => number) {
    this.#file = file;
    this.#clock = clock;
  }

  /** Makes the file with a first key where there is none. */
  static async open(file: string, clock: () => number): Promise<PermitKeys> {
    const keys = new PermitKeys(file, clock);
    await makeFirst(file, clock());
    await keys.#look();
    return keys;
  }

  /** The key that signs, as the file has it. */
  async signing(): Promise<SigningKey> {
    await this.#look();
    if (this.#signing === null) throw new KeysUnusable(`${this.#file} has no key that signs`);
    return this.#signing;
  }

  async published(): Promise<readonly PublishedKey[]> {
    await this.#look();
    return stillNeeded(this.#keys, this.#clock()).map(({ kty, crv, x, kid }) => ({ kty, crv, x, kid, alg: PERMIT_ALGORITHM, use: 'sig' }));
  }

  async #look(): Promise<void> {
    const now = performance.now();
    if (now - this.#lookedAt < LOOK_EVERY_MS) return;
    const { mtimeMs } = statSync(this.#file);
    if (mtimeMs !== this.#changedAt) {
      const keys = readKeys(this.#file);
      const newest = keys.find(({ retiredAt }) => retiredAt === undefined);
      this.#signing = newest === undefined ? null : { keyId: newest.kid, key: (await importJWK(privateJwk(newest), PERMIT_ALGORITHM)) as CryptoKey };
      [this.#keys, this.#changedAt] = [keys, mtimeMs];
    }
    this.#lookedAt = now;
  }
}

/** A new key signs from now on; keys whose last permit has expired are forgotten. Gives the new key's id. */
export async function rotateKeys(file: string, now: number): Promise<{ readonly keyId: string; readonly published: number }> {
  const next = await newKey(now);
  const kept = stillNeeded(readKeys(file).map((key) => ({ ...key, retiredAt: key.retiredAt ?? now })), now);
  const unfinished = `${file}.${randomUUID()}.part`;
  writeKeys(unfinished, [next, ...kept]);
  renameSync(unfinished, file);
  return { keyId: next.kid, published: kept.length + 1 };
}

function stillNeeded(keys: readonly StoredKey[], now: number): readonly StoredKey[] {
  return keys.filter(({ retiredAt }) => retiredAt === undefined || now < retiredAt + LONGEST_PERMIT_MS + LOOKED_AWAY_MS);
}

/** Of replicas that start at once, one makes the file and the others find it whole. */
async function makeFirst(file: string, now: number): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) return;
  const unfinished = `${file}.${randomUUID()}.part`;
  writeKeys(unfinished, [await newKey(now)]);
  try {
    linkSync(unfinished, file);
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code !== 'EEXIST') throw failure;
  } finally {
    rmSync(unfinished, { force: true });
  }
}

async function newKey(now: number): Promise<StoredKey> {
  const { privateKey } = await generateKeyPair(PERMIT_ALGORITHM, { crv: 'Ed25519', extractable: true });
  const { x = '', d = '' } = await exportJWK(privateKey);
  return { kty: 'OKP', crv: 'Ed25519', x, d, kid: randomUUID(), madeAt: now };
}

function privateJwk({ kty, crv, x, d }: StoredKey): JWK {
  return { kty, crv, x, d };
}

function writeKeys(file: string, keys: readonly StoredKey[]): void {
  writeFileSync(file, `${JSON.stringify({ keys }, null, 2)}\n`, { mode: PRIVATE, flag: 'wx' });
}

function readKeys(file: string): readonly StoredKey[] {
  try {
    const { keys } = JSON.parse(readFileSync(file, 'utf8')) as { keys?: unknown };
    if (Array.isArray(keys) && keys.every(isStoredKey)) return keys;
  } catch (cause) {
    throw new KeysUnusable(`${file} cannot be read: ${cause instanceof SyntaxError ? 'it is not JSON' : String((cause as Error).message)}`);
  }
  throw new KeysUnusable(`${file} holds no list of Ed25519 keys`);
}

function isStoredKey(value: unknown): value is StoredKey {
  if (typeof value !== 'object' || value === null) return false;
  const { kty, crv, x, d, kid, madeAt } = value as Readonly<Record<string, unknown>>;
  return kty === 'OKP' && crv === 'Ed25519' && [x, d, kid].every((text) => typeof text === 'string' && text !== '') && typeof madeAt === 'number';
}
