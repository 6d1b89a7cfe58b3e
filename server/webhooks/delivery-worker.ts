import type { LedgerFollower } from '../actions/ledger-follower.ts';
import type { Store } from '../store/store.ts';
import { type LaneParts, tell } from './delivery-lane.ts';
import type { RegisteredWebhook, WebhookBook } from './webhook-book.ts';

/** Pause between two looks at the ledger, ms: people are told, not machines that wait. */
const LOOK_EVERY_MS = 1_000;

export interface WorkerLog {
  warn(facts: object, text: string): void;
}
export interface DeliveryWorkerParts extends Omit<LaneParts, 'signal' | 'onGivenUp' | 'onUntellable' | 'store'> {
  readonly store: Pick<Store, 'ledger' | 'ledgerAfter' | 'ledgerEntry'>;
  readonly follower: LedgerFollower;
  readonly book: WebhookBook;
  readonly log: WorkerLog;
}

/** Follows the ledger and tells every webhook, each at its own pace, until it is stopped. */
export class DeliveryWorker {
  readonly #parts: DeliveryWorkerParts;
  readonly #stopping = new AbortController();
  readonly #running = new Map<string, Promise<void>>();
  #lastFailure: string | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(parts: DeliveryWorkerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  /** One look, and the end of what it led to. */
  async round(): Promise<void> {
    await this.#look();
    await Promise.all(this.#running.values());
  }

  /** What is under way is cut off, and told again by whoever comes next. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#stopping.abort();
    await Promise.all(this.#running.values());
  }

  /** Whether everybody can be told; no answer depends on it. */
  async check(): Promise<{ readonly ready: boolean; readonly detail: string }> {
    const webhooks = this.#parts.book.all();
    const states = await Promise.all(webhooks.map(async (webhook) => ({ webhook, state: (await this.#parts.notes.read(webhook.id, webhook.sequence)).state })));
    const failing = states.filter(({ state }) => state.failures > 0).map(({ webhook, state }) => `${webhook.id} (${webhook.origin}) failed ${state.failures} times: ${state.log.at(-1)?.reason ?? ''}`);
    const lost = states.reduce((total, { state }) => total + state.givenUp, 0);
    const detail = [`${webhooks.length} webhooks`, ...failing, ...(lost === 0 ? [] : [`${lost} notices given up`]), ...(this.#lastFailure === null ? [] : [this.#lastFailure])].join('; ');
    return { ready: failing.length === 0 && this.#lastFailure === null, detail };
  }

  async #look(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    try {
      const { store, follower, book } = this.#parts;
      await follower.catchUp();
      const webhooks = book.all().filter(({ id }) => !this.#running.has(id));
      const { entries: [newest] } = webhooks.length === 0 ? { entries: [] } : await store.ledger({ limit: 1 });
      if (newest !== undefined) for (const webhook of webhooks) this.#begin(webhook, newest.sequence);
      this.#lastFailure = null;
    } catch (failure) {
      this.#failed(failure);
    }
  }

  #begin(webhook: RegisteredWebhook, newest: number): void {
    // Another look may have begun meanwhile, and this process would not stand in its own way.
    if (this.#running.has(webhook.id)) return;
    const { log, ...parts } = this.#parts;
    const running = tell(webhook, newest, {
      ...parts,
      signal: this.#stopping.signal,
      onGivenUp: ({ id, origin }, notices) => log.warn({ webhook: id, origin, notices }, 'a webhook could not be told of things in time, and they were given up'),
      onUntellable: (sequence, err) => log.warn({ sequence, err }, 'nobody is told of an entry of the ledger, for nothing can be made of it'),
    });
    this.#running.set(webhook.id, running.catch((failure: unknown) => this.#failed(failure)).finally(() => this.#running.delete(webhook.id)));
  }

  #failed(failure: unknown): void {
    const message = failure instanceof Error ? failure.message : String(failure);
    if (message !== this.#lastFailure) this.#parts.log.warn({ err: failure }, 'telling webhooks failed');
    this.#lastFailure = message;
  }
}
