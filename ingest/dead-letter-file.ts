import { open, readFile } from 'node:fs/promises';
import type { DeadLetter, DeadLetters } from './dead-letter.ts';

type Place = Pick<DeadLetter, 'topic' | 'partition' | 'offset'>;
/** A dead letter, or the end of one. */
type Line = (Omit<DeadLetter, 'key' | 'value'> & { readonly key: string | null; readonly value: string | null }) | { readonly removed: Place };

/**
 * Dead letters in a file of JSON lines, payloads in base64: where they go when there is no Kafka. Lines are
 * only ever added, so that one process may put letters aside while another replays.
 */
export class DeadLetterFile implements DeadLetters {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  async send(letters: readonly DeadLetter[]): Promise<void> {
    await this.#append(letters.map((letter) => ({ ...letter, key: encode(letter.key), value: encode(letter.value) })));
  }

  /** All of them, each message once, oldest first; a torn line is passed over. */
  async read(): Promise<readonly DeadLetter[]> {
    const text = await readFile(this.#file, 'utf8').catch((failure: NodeJS.ErrnoException) => {
      if (failure.code === 'ENOENT') return '';
      throw failure;
    });
    const letters = new Map<string, DeadLetter>();
    for (const line of text.split('\n')) {
      const said = parse(line);
      if (said?.letter !== undefined) letters.set(placeOf(said.letter), said.letter);
      else if (said?.removed !== undefined) letters.delete(placeOf(said.removed));
    }
    return [...letters.values()];
  }

  /** Takes these messages out; one that is put aside again later is in again. */
  async remove(letters: readonly DeadLetter[]): Promise<void> {
    await this.#append(letters.map(({ topic, partition, offset }) => ({ removed: { topic, partition, offset } })));
  }

  async #append(lines: readonly Line[]): Promise<void> {
    if (lines.length === 0) return;
    const handle = await open(this.#file, 'a');
    try {
      // A crash may have torn the last line; a new line keeps what follows whole.
      await handle.appendFile(`\n${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

function placeOf({ topic, partition, offset }: Place): string {
  return `${topic} ${partition} ${offset}`;
}
function parse(text: string): { readonly letter?: DeadLetter; readonly removed?: Place } | null {
  try {
    const line = JSON.parse(text) as Line;
    return 'removed' in line ? { removed: line.removed } : { letter: { ...line, key: decode(line.key), value: decode(line.value) } };
  } catch {
    return null;
  }
}
function encode(bytes: Uint8Array | null): string | null {
  return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
function decode(text: string | null): Uint8Array | null {
  return text === null ? null : Buffer.from(text, 'base64');
}
