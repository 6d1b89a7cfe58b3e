import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerFollower } from '../actions/ledger-follower.ts';
import type { LedgerWriter } from '../actions/ledger-writer.ts';
import type { Identity } from '../catalog/identity.ts';
import type { NoticeEvent } from '../catalog/notices/notice.ts';
import type { AddressGuard } from '../outside/address-guard.ts';
import { OutsideFailure } from '../outside/outside-failure.ts';
import { Problem } from '../problem.ts';
import { LedgerConflict, type LedgerDraft } from '../store/store.ts';
import { attempt, pingOf } from './delivery.ts';
import { type Attempt, type DeliveryNotes, type DeliveryState, withAttempt } from './delivery-note.ts';
import type { RegisteredWebhook, WebhookBook, WebhookEvent } from './webhook-book.ts';
import type { WebhookKeys } from './webhook-keys.ts';

/** Webhooks at most: each is a delivery of its own for every notice. */
const MOST_WEBHOOKS = 100;
/** How long a registration waits for the resolver, ms. */
const RESOLVE_MS = 2_000;
/** How often a ping is entered into the log again when a delivery was entered meanwhile. */
const LOG_TRIES = 10;

export interface AskedWebhook {
  readonly url: string;
  readonly description: string;
  readonly events: readonly NoticeEvent[];
  readonly teams: readonly string[];
}
export interface WebhookParts {
  readonly follower: LedgerFollower;
  readonly writer: LedgerWriter;
  readonly book: WebhookBook;
  readonly notes: DeliveryNotes;
  readonly keys: () => WebhookKeys;
  readonly guard: AddressGuard;
  readonly newId: () => string;
  readonly clock: () => number;
}

/** Who is told: registered, removed, given another secret. Each is an entry of the ledger. */
export class Webhooks {
  readonly #parts: WebhookParts;

  constructor(parts: WebhookParts) {
    this.#parts = parts;
  }

  async all(): Promise<readonly RegisteredWebhook[]> {
    await this.#parts.follower.catchUp();
    return this.#parts.book.all();
  }

  async get(webhookId: string): Promise<RegisteredWebhook> {
    await this.#parts.follower.catchUp();
    const webhook = this.#parts.book.get(webhookId);
    if (webhook === null) throw new Problem('webhook-not-found', `no webhook has the id ${webhookId}`);
    return webhook;
  }

  /** The secret is told here and never again. */
  async register(asked: AskedWebhook, by: Identity): Promise<{ readonly webhook: RegisteredWebhook; readonly secret: string }> {
    const { newId, keys } = this.#parts;
    if ((await this.all()).length >= MOST_WEBHOOKS) throw new Problem('webhook-limit', `there are ${MOST_WEBHOOKS} webhooks already`, { limit: MOST_WEBHOOKS });
    const url = await this.#allowed(asked.url);
    const id = newId();
    const { description, events, teams } = asked;
    const webhook = { id, origin: url.origin, sealedUrl: keys().seal(id, url.href), description, events, teams };
    await this.#append(`webhook-${id}`, { event: 'registered', webhook, keyId: keys().keyId, by: by.id, byName: by.name });
    return { webhook: await this.get(id), secret: keys().secretOf(id, 1) };
  }

  async remove(webhookId: string, by: Identity): Promise<void> {
    const { id } = await this.get(webhookId);
    await this.#append(`webhook-${id}-removed`, { event: 'removed', webhookId: id, by: by.id, byName: by.name });
    await this.#parts.notes.remove(id);
  }

  /** Deliveries are signed with the secret before as well for a day. */
  async rotate(webhookId: string, by: Identity): Promise<{ readonly webhook: RegisteredWebhook; readonly secret: string }> {
    const { id, generation, keyId } = await this.get(webhookId);
    const keys = this.#parts.keys();
    if (keyId !== keys.keyId) throw new Problem('webhook-key-changed', 'it was registered with another key (SLUICE_WEBHOOK_KEY), without which its address cannot be read: remove it and register it again');
    await this.#append(`webhook-${id}-secret-${generation + 1}`, { event: 'secret-rotated', webhookId: id, generation: generation + 1, keyId, by: by.id, byName: by.name });
    return { webhook: await this.get(id), secret: keys.secretOf(id, generation + 1) };
  }

  /** Sends a message that tells of nothing, once. */
  async ping(webhookId: string, signal: AbortSignal): Promise<Attempt> {
    const webhook = await this.get(webhookId);
    const { newId, clock, notes } = this.#parts;
    const made = await attempt(webhook, pingOf(webhook, newId(), clock()), { ...this.#parts, signal });
    for (let tries = 0; tries < LOG_TRIES; tries++) {
      const kept = await notes.read(webhook.id, webhook.sequence);
      if ((await notes.write(webhook.id, { ...kept, state: withAttempt(kept.state, made) })) !== null) break;
    }
    return made;
  }

  /** How far it was told, and the last attempts. */
  async deliveries(webhookId: string): Promise<DeliveryState> {
    const { id, sequence } = await this.get(webhookId);
    return (await this.#parts.notes.read(id, sequence)).state;
  }

  /** A name that cannot be resolved now may be tomorrow; what it resolves to is looked at before every delivery. */
  async #allowed(text: string): Promise<URL> {
    const { guard } = this.#parts;
    const url = guard.parse(text);
    if (!(url instanceof URL)) throw new Problem('webhook-address-refused', `nothing is sent there: ${url.refusal}`);
    await Promise.race([guard.resolve(url), sleep(RESOLVE_MS, undefined, { ref: false })]).catch((failure: unknown) => {
      if (failure instanceof OutsideFailure && failure.kind === 'refused') throw new Problem('webhook-address-refused', failure.message);
      if (!(failure instanceof OutsideFailure)) throw failure;
    });
    return url;
  }

  async #append(id: string, event: WebhookEvent): Promise<void> {
    const { writer, clock } = this.#parts;
    const entry: LedgerDraft = { id, kind: 'webhook', at: clock(), body: JSON.stringify(event), idempotencyKey: null, requestHash: null, job: null, owner: null, outcome: event.event };
    await writer.append(entry).catch((failure: unknown) => {
      // The id says what was done to what: of two that do the same at once, the second comes too late.
      throw failure instanceof LedgerConflict ? new Problem('webhook-conflict', 'somebody else did the same just now; look again') : failure;
    });
  }
}
