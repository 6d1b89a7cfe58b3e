import { boundedLines } from './bounded-lines.ts';
import type { Terminal } from './terminal.ts';

/** Longest line taken, in UTF-16 units: two schemas of the largest size and their references, or a large plan. */
export const MAX_LINE_LENGTH = 16 * 1_048_576;
/** Answers are written together once they come to this much: a write for each line costs more than most answers. */
const WRITE_SIZE = 65_536;

/** Answers every line of standard input with one line, in order. */
export async function answerLines(terminal: Terminal, answer: (line: string) => string): Promise<void> {
  let waiting = '';
  for await (const line of boundedLines(terminal.stdin, MAX_LINE_LENGTH)) {
    if (line.trim() === '') continue;
    waiting += `${answer(line)}\n`;
    if (waiting.length < WRITE_SIZE) continue;
    terminal.write(waiting);
    waiting = '';
  }
  if (waiting !== '') terminal.write(waiting);
}
