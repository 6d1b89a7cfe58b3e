import type { AddressGuard } from '../outside/address-guard.ts';
import { guardedPost } from '../outside/guarded-post.ts';
import { OutsideFailure } from '../outside/outside-failure.ts';
import type { Attempt } from './delivery-note.ts';
import type { PlacedNotice } from './notice-feed.ts';
import { DELIVERY_HEADER, EVENT_HEADER, SIGNATURE_HEADER, signatureOf } from './signature.ts';
import type { RegisteredWebhook } from './webhook-book.ts';
import type { WebhookKeys } from './webhook-keys.ts';

/** How long a receiver may take to answer, ms: it should take note and do its work afterwards. */
export const ANSWER_TIMEOUT_MS = 10_000;
/** How long after a rotation deliveries carry a signature by the secret before as well, ms. */
export const ROTATION_GRACE_MS = 24 * 3_600_000;

/** What is sent, before it has a body. */
export interface Message {
  /** The same however often it is sent: receivers drop what they have had. */
  readonly deliveryId: string;
  readonly event: string;
  readonly body: string;
}
export interface SenderParts {
  readonly keys: () => WebhookKeys;
  readonly guard: AddressGuard;
  readonly clock: () => number;
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

/** Sends a message once, and tells how it went; whatever goes wrong is in the answer. */
export async function attempt(webhook: RegisteredWebhook, message: Message, { keys, guard, clock, signal, timeoutMs = ANSWER_TIMEOUT_MS }: SenderParts): Promise<Attempt> {
  const { deliveryId, event, body } = message;
  const [at, began] = [clock(), performance.now()];
  const outcome = (status: number | null, reason: string | null): Attempt => ({ deliveryId, event, at, outcome: reason === null ? 'delivered' : 'failed', status, latencyMs: Math.round(performance.now() - began), reason });
  const url = addressOf(webhook, keys(), guard);
  if (!(url instanceof URL)) return outcome(null, url.refusal);
  const headers = {
    'content-type': 'application/json; charset=utf-8', 'user-agent': 'sluice',
    [EVENT_HEADER]: event, [DELIVERY_HEADER]: deliveryId, [SIGNATURE_HEADER]: signatureOf(body, secretsOf(webhook, keys(), at), at),
  };
  try {
    const status = await guardedPost(guard, { url, headers, body, timeoutMs, signal });
    return outcome(status, status >= 200 && status < 300 ? null : status >= 300 && status < 400 ? `it answered ${status}, a redirect, and none is followed` : `it answered ${status}`);
  } catch (failure) {
    if (!(failure instanceof OutsideFailure)) throw failure;
    return outcome(null, failure.message);
  }
}

/** The address an administrator registered; one that the key at hand does not open is not sent to. */
function addressOf({ id, sealedUrl, keyId }: RegisteredWebhook, keys: WebhookKeys, guard: AddressGuard): URL | { readonly refusal: string } {
  if (keyId !== keys.keyId) return { refusal: 'this process has another webhook key than the one it was registered with (SLUICE_WEBHOOK_KEY)' };
  const text = keys.open(id, sealedUrl);
  if (text === null) return { refusal: 'the address recorded for it is not the one that was registered' };
  const url = guard.parse(text);
  return url instanceof URL ? url : { refusal: `nothing is sent there: ${url.refusal}` };
}

function secretsOf({ id, generation, secretAt }: RegisteredWebhook, keys: WebhookKeys, now: number): string[] {
  const isNew = generation > 1 && now < secretAt + ROTATION_GRACE_MS;
  return [keys.secretOf(id, generation), ...(isNew ? [keys.secretOf(id, generation - 1)] : [])];
}

/** A notice as it is sent: `text` is what a Slack webhook shows. */
export function messageOf(webhook: RegisteredWebhook, { entry, notice }: PlacedNotice, publicUrl: string | null): Message {
  const { event, teams, text, data, page } = notice;
  const deliveryId = `${webhook.id}.${entry.sequence}.${event}`;
  const link = publicUrl === null ? null : `${publicUrl}/${page}`;
  const { id, kind, sequence, hash, at } = entry;
  const body = { text: `${slackText(text)}${link === null ? '' : `\n<${link}>`}`, event, deliveryId, occurredAt: new Date(at).toISOString(), teams, data, link, entry: { id, kind, sequence, hash } };
  return { deliveryId, event, body: JSON.stringify(body) };
}

/** A message that tells of nothing. */
export function pingOf(webhook: RegisteredWebhook, newId: string, now: number): Message {
  const deliveryId = `${webhook.id}.ping.${newId}`;
  const body = { text: 'Sluice can reach this webhook.', event: 'ping', deliveryId, occurredAt: new Date(now).toISOString(), teams: null, data: {}, link: null, entry: null };
  return { deliveryId, event: 'ping', body: JSON.stringify(body) };
}

/** Slack's three control characters: a name of somebody else's must not mention a channel or make a link. */
function slackText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
