import type { Readable } from 'node:stream';

/** Where a command reads and writes; a test gives its own. */
export interface Terminal {
  readonly stdin: Readable;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Resolves when what was written has gone out; who writes much waits for it. */
  readonly drained?: () => Promise<void>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Lines joined, with a final newline. */
export function lines(...parts: readonly (string | readonly string[])[]): string {
  return `${parts.flat().join('\n')}\n`;
}
