/** An OpenLineage message larger than this is none that anybody sends, bytes: what becomes of it lies in memory. */
const MOST_BYTES = 4 * 1024 * 1024;

export type LineageMessage =
  | { readonly outcome: 'read'; readonly event: unknown }
  /** It can never be read. */
  | { readonly outcome: 'unreadable'; readonly failure: 'Empty' | 'TooLarge' | 'Malformed'; readonly reason: string };

/** Bytes that are no UTF-8 would become other names than were meant. */
const TEXT = new TextDecoder('utf-8', { fatal: true });

/** The JSON of an OpenLineage message, not looked at yet. */
export function readLineageEvent(value: Uint8Array | null): LineageMessage {
  if (value === null) return { outcome: 'unreadable', failure: 'Empty', reason: 'the message has no value' };
  if (value.length > MOST_BYTES) return { outcome: 'unreadable', failure: 'TooLarge', reason: `the message has ${value.length} bytes, the limit is ${MOST_BYTES}` };
  try {
    return { outcome: 'read', event: JSON.parse(TEXT.decode(value)) as unknown };
  } catch {
    return { outcome: 'unreadable', failure: 'Malformed', reason: 'the message is no JSON' };
  }
}
