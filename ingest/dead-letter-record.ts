import { DEAD_LETTER_HEADERS, type DeadLetter, FAILED_STAGES } from './dead-letter.ts';

/** A dead letter as a record of the dead-letter topic: the message as it was, why and whence in headers. */
export interface DeadLetterRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Most payload bytes sent at once. A broker takes 1 MiB in one batch unless told otherwise; the rest is for
 * headers, keys and a message that is nearly as large by itself.
 */
const MAX_BYTES_AT_ONCE = 512 * 1024;
/** Longest reason in a header, characters: reasons quote names, and names can be a megabyte. */
const MAX_REASON_LENGTH = 2_000;

export function recordOf(letter: DeadLetter): DeadLetterRecord {
  const { topic, partition, offset, stage, failure, message, at } = letter;
  const names = DEAD_LETTER_HEADERS;
  return {
    key: bytes(letter.key),
    value: bytes(letter.value),
    headers: {
      [names.topic]: topic, [names.partition]: String(partition), [names.offset]: String(offset), [names.stage]: stage,
      [names.failure]: failure, [names.message]: message.slice(0, MAX_REASON_LENGTH), [names.at]: String(at),
    },
  };
}

/** The same without its payload, which its own topic still has. */
export function withoutPayload(letter: DeadLetter): DeadLetter {
  return { ...letter, key: null, value: null, message: `${letter.message.slice(0, MAX_REASON_LENGTH - 100)} (its ${sizeOf(letter)} bytes are too many to be kept here; they are still in their topic)` };
}

/** Null for a record that is no dead letter of ours. */
export function letterOf({ key, value, headers }: { readonly key: Buffer | null; readonly value: Buffer | null; readonly headers: ReadonlyMap<string, string> }): DeadLetter | null {
  const names = DEAD_LETTER_HEADERS;
  const [topic, partition, offset] = [headers.get(names.topic), Number(headers.get(names.partition)), Number(headers.get(names.offset))];
  const stage = FAILED_STAGES.find((known) => known === headers.get(names.stage));
  if (topic === undefined || stage === undefined || !Number.isSafeInteger(partition) || !Number.isSafeInteger(offset)) return null;
  const at = Number(headers.get(names.at));
  return { topic, partition, offset, stage, failure: headers.get(names.failure) ?? '', message: headers.get(names.message) ?? '', key, value, at: Number.isSafeInteger(at) ? at : 0 };
}

/** Letters in groups that fit one batch of the broker; one that does not even fit alone is a group by itself. */
export function groupsToSend(letters: readonly DeadLetter[]): readonly (readonly DeadLetter[])[] {
  const groups: DeadLetter[][] = [];
  let room = 0;
  for (const letter of letters) {
    const size = sizeOf(letter) + MAX_REASON_LENGTH;
    if (size > room || groups.length === 0) {
      groups.push([]);
      room = MAX_BYTES_AT_ONCE;
    }
    groups.at(-1)?.push(letter);
    room -= size;
  }
  return groups;
}

function sizeOf({ key, value }: DeadLetter): number {
  return (key?.length ?? 0) + (value?.length ?? 0);
}
function bytes(value: Uint8Array | null): Buffer | null {
  return value && Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
