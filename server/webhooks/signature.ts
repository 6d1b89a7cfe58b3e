import { createHmac } from 'node:crypto';

/** Headers of every delivery. */
export const SIGNATURE_HEADER = 'sluice-signature';
export const DELIVERY_HEADER = 'sluice-delivery';
export const EVENT_HEADER = 'sluice-event';

/**
 * `t=<seconds since 1970>,v1=<hex>[,v1=<hex>]`: HMAC-SHA256 of `<t>.<body>` under each secret that counts; two of them
 * for a while after a rotation. A receiver takes a delivery when one fits and `t` is a few minutes old at most.
 */
export function signatureOf(body: string, secrets: readonly string[], now: number): string {
  const seconds = Math.floor(now / 1000);
  return [`t=${seconds}`, ...secrets.map((secret) => `v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`)].join(',');
}
