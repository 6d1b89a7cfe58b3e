import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { CommandFailure, EXIT } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** The text of a file, or of standard input for `-`. */
export function readInput(file: string, terminal: Terminal): Promise<string> {
  return (file === '-' ? text(terminal.stdin) : readFile(file, 'utf8')).catch((cause: unknown) => {
    throw new CommandFailure(EXIT.usage, `cannot read ${file}`, { cause });
  });
}
