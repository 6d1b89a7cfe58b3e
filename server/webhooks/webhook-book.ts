import type { LedgerBook } from '../actions/ledger-follower.ts';
import type { NoticeEvent } from '../catalog/notices/notice.ts';
import type { LedgerEntry } from '../store/store.ts';

/** Who is told of what; the address is sealed, for it often is a secret itself. */
export interface Webhook {
  readonly id: string;
  /** Scheme, host and port, for people. */
  readonly origin: string;
  readonly sealedUrl: string;
  readonly description: string;
  /** Empty: every event. */
  readonly events: readonly NoticeEvent[];
  /** Teams it is told the concerns of; empty: of all. */
  readonly teams: readonly string[];
}
interface Acted {
  readonly by: string;
  readonly byName: string;
}
/** What an entry of kind 'webhook' records. */
export type WebhookEvent =
  | (Acted & { readonly event: 'registered'; readonly webhook: Webhook; readonly keyId: string })
  | (Acted & { readonly event: 'removed'; readonly webhookId: string })
  /** From here on deliveries are signed with another secret, and for a while with the one before as well. */
  | (Acted & { readonly event: 'secret-rotated'; readonly webhookId: string; readonly generation: number; readonly keyId: string });

export interface RegisteredWebhook extends Webhook {
  /** Of its registration: it is told of nothing before. */
  readonly sequence: number;
  readonly registeredAt: number;
  /** Of its secret, from 1. */
  readonly generation: number;
  /** When the secret was made, ms. */
  readonly secretAt: number;
  /** Of the key that secret and address need. */
  readonly keyId: string;
}

/** The webhooks in force. */
export class WebhookBook implements LedgerBook {
  readonly kinds = ['webhook'] as const;
  readonly horizonMs = null;
  readonly #webhooks = new Map<string, RegisteredWebhook>();

  take(entry: LedgerEntry): void {
    const event = JSON.parse(entry.body) as WebhookEvent;
    if (event.event === 'removed') this.#webhooks.delete(event.webhookId);
    else if (event.event === 'registered') {
      this.#webhooks.set(event.webhook.id, { ...event.webhook, sequence: entry.sequence, registeredAt: entry.at, generation: 1, secretAt: entry.at, keyId: event.keyId });
    } else {
      const known = this.#webhooks.get(event.webhookId);
      if (known !== undefined) this.#webhooks.set(known.id, { ...known, generation: event.generation, secretAt: entry.at, keyId: event.keyId });
    }
  }

  forget(): void {
    this.#webhooks.clear();
  }

  get(id: string): RegisteredWebhook | null {
    return this.#webhooks.get(id) ?? null;
  }

  /** By age. */
  all(): readonly RegisteredWebhook[] {
    return [...this.#webhooks.values()];
  }
}
