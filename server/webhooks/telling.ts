import { randomBytes } from 'node:crypto';
import type { LedgerFollower } from '../actions/ledger-follower.ts';
import type { LedgerWriter } from '../actions/ledger-writer.ts';
import { AddressGuard, NOTHING_ALLOWED } from '../outside/address-guard.ts';
import type { Store } from '../store/store.ts';
import { DeliveryNotes } from './delivery-note.ts';
import { DeliveryWorker, type WorkerLog } from './delivery-worker.ts';
import { WebhookBook } from './webhook-book.ts';
import { WebhookKeys } from './webhook-keys.ts';
import { Webhooks } from './webhooks.ts';

export interface WebhookSettings {
  /** Asked for when it is needed first. */
  readonly keys: () => WebhookKeys;
  readonly guard: AddressGuard;
  readonly publicUrl: string | null;
}
export interface TellingParts {
  readonly store: Store;
  readonly follower: LedgerFollower;
  readonly writer: LedgerWriter;
  readonly clock: () => number;
  readonly newId: () => string;
  readonly log: WorkerLog;
}

/** Everything that tells people, on the books of a process. The worker is not started. */
export function openTelling(parts: TellingParts, { keys, guard, publicUrl }: WebhookSettings): { readonly webhooks: Webhooks; readonly worker: DeliveryWorker } {
  const { store, follower, newId } = parts;
  const book = follower.add(new WebhookBook());
  const shared = { ...parts, book, notes: new DeliveryNotes(store), keys, guard };
  return { webhooks: new Webhooks(shared), worker: new DeliveryWorker({ ...shared, publicUrl, owner: newId(), random: Math.random }) };
}

/** For a process that is told nothing: a key that ends with it, and public addresses alone. */
export function settingsOfItsOwn(): WebhookSettings {
  const keys = new WebhookKeys(randomBytes(32));
  return { keys: () => keys, guard: new AddressGuard({ allow: NOTHING_ALLOWED }), publicUrl: null };
}
