import { open, readFile, rename, writeFile } from 'node:fs/promises';
import type { DeadLetter, DeadLetters } from './dead-letter.ts';

type Line = Omit<DeadLetter, 'key' | 'value'> & { readonly key: string | null; readonly value: string | null };

/** Dead letters in a file of JSON lines, payloads in base64: where they go when there is no Kafka. */
export class DeadLetterFile implements DeadLetters {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  async send(letters: readonly DeadLetter[]): Promise<void> {
    const handle = await open(this.#file, 'a');
    try {
      // A crash may have torn the last line; a new line keeps what follows whole.
      await handle.appendFile(`\n${letters.map((letter) => JSON.stringify(lineOf(letter))).join('\n')}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** All of them, each message once, oldest first; a torn line is passed over. */
  async read(): Promise<readonly DeadLetter[]> {
    const text = await readFile(this.#file, 'utf8').catch((failure: NodeJS.ErrnoException) => {
      if (failure.code === 'ENOENT') return '';
      throw failure;
    });
    const letters = text.split('\n').flatMap((line) => letterOf(line) ?? []);
    return [...new Map(letters.map((letter) => [placeOf(letter), letter])).values()];
  }

  /** Takes these out of the file, at once: a crash leaves the old file or the new one. */
  async remove(letters: readonly DeadLetter[]): Promise<void> {
    const gone = new Set(letters.map(placeOf));
    const kept = (await this.read()).filter((letter) => !gone.has(placeOf(letter)));
    await writeFile(`${this.#file}.new`, kept.map((letter) => `${JSON.stringify(lineOf(letter))}\n`).join(''), { flush: true });
    await rename(`${this.#file}.new`, this.#file);
  }
}

function placeOf({ topic, partition, offset }: DeadLetter): string {
  return `${topic} ${partition} ${offset}`;
}
function lineOf(letter: DeadLetter): Line {
  return { ...letter, key: encode(letter.key), value: encode(letter.value) };
}
function letterOf(text: string): DeadLetter | null {
  try {
    const line = JSON.parse(text) as Line;
    return { ...line, key: decode(line.key), value: decode(line.value) };
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
