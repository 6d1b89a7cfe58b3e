import { createHash } from 'node:crypto';
import type { ProgramFact } from '../catalog/changes.ts';

/** A program, its JSON text, and the text's SHA-256 in hex. */
export interface ProgramText {
  readonly fact: ProgramFact;
  readonly text: string;
  readonly hash: string;
}

export function programText(fact: ProgramFact): ProgramText {
  const text = JSON.stringify(fact);
  return { fact, text, hash: createHash('sha256').update(text).digest('hex') };
}
