import { setTimeout as sleep } from 'node:timers/promises';
import { type Store, StoreUnavailable } from './store.ts';

/** First and longest rest between two tries, ms: a store that is back is noticed within seconds, one that struggles is not pressed. */
const REST_MS = [250, 5_000] as const;

type OpenStore = Store & { readonly identity: string };
export interface AwaitedParts {
  readonly open: () => Promise<OpenStore>;
  /** Whether opening failed for a reason that may pass by itself; with any other `opened` rejects. */
  readonly mayPass: (failure: unknown) => boolean;
  /** What to call the store before people. */
  readonly name: string;
  readonly log: { warn(facts: object, text: string): void; info(facts: object, text: string): void };
}

/** A store that is opened as soon as it can be; until then it refuses everything as unavailable, with the reason. */
export class AwaitedStore implements Store {
  /** Resolves when it is open; rejects when it never will be, with what only people can mend. */
  readonly opened: Promise<void>;
  readonly #parts: AwaitedParts;
  readonly #closing = new AbortController();
  #store: OpenStore | null = null;
  #unavailable = new StoreUnavailable('down', 'the store is not open yet');

  constructor(parts: AwaitedParts) {
    this.#parts = parts;
    this.opened = this.#open();
    // Whoever waits hears of it; nobody has to.
    this.opened.catch(() => undefined);
  }

  /** Of the store, once it is open. */
  get identity(): string {
    return this.#now().identity;
  }

  async apply(...args: Parameters<Store['apply']>) { return this.#now().apply(...args); }
  async offsets(...args: Parameters<Store['offsets']>) { return this.#now().offsets(...args); }
  async revision() { return this.#now().revision(); }
  async scan(...args: Parameters<Store['scan']>) { return this.#now().scan(...args); }
  async delta(...args: Parameters<Store['delta']>) { return this.#now().delta(...args); }
  async entity(...args: Parameters<Store['entity']>) { return this.#now().entity(...args); }
  async statedSince(...args: Parameters<Store['statedSince']>) { return this.#now().statedSince(...args); }
  async entities(...args: Parameters<Store['entities']>) { return this.#now().entities(...args); }
  async names(...args: Parameters<Store['names']>) { return this.#now().names(...args); }
  async search(...args: Parameters<Store['search']>) { return this.#now().search(...args); }
  async appendToLedger(...args: Parameters<Store['appendToLedger']>) { return this.#now().appendToLedger(...args); }
  async ledger(...args: Parameters<Store['ledger']>) { return this.#now().ledger(...args); }
  async ledgerAfter(...args: Parameters<Store['ledgerAfter']>) { return this.#now().ledgerAfter(...args); }
  async ledgerHead() { return this.#now().ledgerHead(); }
  async note(...args: Parameters<Store['note']>) { return this.#now().note(...args); }
  async notes(...args: Parameters<Store['notes']>) { return this.#now().notes(...args); }
  async setNote(...args: Parameters<Store['setNote']>) { return this.#now().setNote(...args); }
  async ledgerEntry(...args: Parameters<Store['ledgerEntry']>) { return this.#now().ledgerEntry(...args); }
  async ledgerEntryByKey(...args: Parameters<Store['ledgerEntryByKey']>) { return this.#now().ledgerEntryByKey(...args); }
  async backup(...args: Parameters<Store['backup']>) { return this.#now().backup(...args); }
  async statistics() { return this.#now().statistics(); }

  /** Gives up waiting as well; a try that is under way is left to itself, for a server that hangs would hold everybody up. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#store?.close();
  }

  #now(): OpenStore {
    if (this.#store === null) throw this.#unavailable;
    return this.#store;
  }

  async #open(): Promise<void> {
    const { open, mayPass, name, log } = this.#parts;
    const tryOnce = async (): Promise<void> => {
      const store = await open();
      if (this.#closing.signal.aborted) return store.close();
      this.#store = store;
    };
    await untilAvailable(tryOnce, {
      signal: this.#closing.signal,
      mayPass,
      onFailure: (failure, isNew) => {
        const { reason, message } = failure instanceof StoreUnavailable ? failure : { reason: 'down' as const, message: String(failure) };
        this.#unavailable = new StoreUnavailable(reason, `not open yet: ${message}`, { cause: failure });
        if (isNew) log.warn({ err: failure, store: name }, 'the store cannot be opened yet, and is tried again');
      },
    });
    if (this.#store !== null) log.info({ store: name }, 'the store is open');
  }
}

export interface Patience {
  /** Ends the waiting: the work that failed last stands. */
  readonly signal: AbortSignal;
  readonly mayPass: (failure: unknown) => boolean;
  /** `isNew`: the try before did not fail, or with another message. */
  readonly onFailure: (failure: unknown, isNew: boolean) => void;
}

/** Does the work again and again, with ever longer rests, while it fails for reasons that may pass. */
export async function untilAvailable(work: () => Promise<unknown>, { signal, mayPass, onFailure }: Patience): Promise<void> {
  const [first, longest] = REST_MS;
  let last: string | null = null;
  for (let tries = 0; ; tries++) {
    try {
      await work();
      return;
    } catch (failure) {
      if (signal.aborted || !mayPass(failure)) throw failure;
      const message = String(failure);
      onFailure(failure, message !== last);
      last = message;
    }
    await sleep(Math.min(longest, first * 2 ** Math.min(tries, 10)), undefined, { signal });
  }
}
