import { type AnswerLimits, JsonReader, membersOf } from '../outside/json-reader.ts';
import { OutsideFailure } from '../outside/outside-failure.ts';
import { isSafeFromOthers } from '../outside/settings.ts';
import { Problem } from '../problem.ts';
import { type KeySet, keySetOf, type KeySource } from './key-source.ts';
import { usableKeys, type VerificationKey } from './verification-key.ts';

/** Key sets have a few keys of about a kilobyte; whoever waits for one keeps a caller waiting. */
const LIMITS: AnswerLimits = { bytes: 256 * 1024, milliseconds: 5_000 };
/** Older keys are fetched anew beside the answers, ms: a key an issuer withdrew is not believed for much longer. */
export const REFRESH_AFTER_MS = 600_000;
/** An issuer that answered is not asked sooner again, ms: tokens that name keys of their own invention change nothing. */
export const COOLDOWN_MS = 30_000;
/** One that gave no answer is not asked sooner again, ms. */
export const RETRY_AFTER_MS = 5_000;

export interface IssuerKeysOptions {
  readonly issuer: string;
  /** null: where the discovery document says. */
  readonly jwksUrl: string | null;
  /** Age of the keys, ms, beyond which nobody is let in by them while no newer ones can be had. */
  readonly staleAfterMs: number;
  readonly clock: () => number;
  readonly log: { warn(facts: object, text: string): void };
}
interface Held {
  readonly set: KeySet;
  readonly text: string;
  readonly fetchedAt: number;
}

/** The keys an issuer publishes, fetched when needed: one fetch at a time, and never more often than the rests allow. */
export class IssuerKeys implements KeySource {
  readonly #options: IssuerKeysOptions;
  #held: Held | null = null;
  #askedAt = -Infinity;
  #failure: Error | null = null;
  #fetching: Promise<void> | null = null;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
  }

  async current(): Promise<KeySet> {
    if (this.#age() >= REFRESH_AFTER_MS) {
      const asked = this.#ask();
      if (this.#isStale()) await asked;
    }
    if (this.#held === null || this.#isStale()) throw this.#unavailable('the keys of the issuer of tokens cannot be had');
    return this.#held.set;
  }

  async others(than: KeySet): Promise<KeySet> {
    if (this.#held?.set === than) await this.#ask();
    const set = await this.current();
    if (set === than && this.#failure !== null) throw this.#unavailable('no key is known by the name the token gives, and the issuer cannot be asked for newer ones');
    return set;
  }

  #age(): number {
    return this.#held === null ? Infinity : this.#options.clock() - this.#held.fetchedAt;
  }

  #isStale(): boolean {
    return this.#age() >= this.#options.staleAfterMs;
  }

  #unavailable(detail: string): Problem {
    return new Problem('identity-unavailable', detail, {}, this.#failure === null ? {} : { cause: this.#failure });
  }

  /** Joins the fetch that is under way, or begins one when it is time. Never rejects. */
  #ask(): Promise<void> {
    const now = this.#options.clock();
    const rest = this.#failure === null ? COOLDOWN_MS : RETRY_AFTER_MS;
    if (this.#fetching === null && now - this.#askedAt >= rest) {
      this.#askedAt = now;
      this.#fetching = this.#fetch(now).finally(() => (this.#fetching = null));
    }
    return this.#fetching ?? Promise.resolve();
  }

  async #fetch(now: number): Promise<void> {
    try {
      const { text, keys } = await fetchKeys(this.#options);
      // The same keys stay the same object: what was verified with them stays verified.
      this.#held = { text, fetchedAt: now, set: this.#held?.text === text ? this.#held.set : keySetOf(keys) };
      this.#failure = null;
    } catch (failure) {
      this.#failure = failure instanceof Error ? failure : new Error(String(failure));
      this.#options.log.warn({ err: this.#failure, issuer: this.#options.issuer }, 'the keys of the issuer of tokens cannot be fetched');
    }
  }
}

async function fetchKeys({ issuer, jwksUrl }: IssuerKeysOptions): Promise<{ readonly text: string; readonly keys: readonly VerificationKey[] }> {
  const answer = await read(jwksUrl ?? (await discoveredUrl(issuer)), 'key set');
  try {
    return { text: JSON.stringify(answer), keys: usableKeys(answer) };
  } catch (cause) {
    throw new OutsideFailure('malformed', `the key set of ${issuer} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** OpenID Connect Discovery 1.0, section 4; what it says counts only if it is about this issuer. */
async function discoveredUrl(issuer: string): Promise<string> {
  const { issuer: named, jwks_uri: url } = membersOf(await read(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, 'discovery document'));
  if (named !== issuer) throw new OutsideFailure('malformed', `the discovery document of ${issuer} is of another issuer`);
  if (typeof url !== 'string' || !isSafeFromOthers(url)) {
    throw new OutsideFailure('malformed', `the discovery document of ${issuer} names no address of keys that can be trusted`);
  }
  return url;
}

async function read(url: string, what: string): Promise<unknown> {
  const { status, body } = await new JsonReader({ server: 'issuer of tokens', url, credentials: null }).get('', LIMITS);
  if (status === 404) throw new OutsideFailure('malformed', `there is no ${what} at ${url}`);
  return body;
}
