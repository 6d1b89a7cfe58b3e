import { Untold } from './kept-config.ts';

/** Instructions of a compiled pattern; more is no pattern of topic or table names, and its work grows with it. */
const MAX_INSTRUCTIONS = 500;
/** Steps of one pattern over all the texts it is held against, about 100 ms of work: ten thousand topic names take less than a tenth. */
const MAX_STEPS = 5_000_000;
/** Setting up one table costs what so many of its places would. */
const PLACES_PER_STEP = 16;

export type Test = (character: string) => boolean;
export type Instruction =
  | { readonly op: 'one'; readonly test: Test }
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'jump'; to: number }
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'begin' | 'end' | 'match' };

/** Texts of the groups of a match, 0 being the whole; undefined: the group took no part. */
export type Groups = readonly (string | undefined)[];
/** The pattern uses something that is not known here; caught in java-pattern.ts, never seen outside. */
export class NotKnown extends Error {}

interface Run {
  readonly text: string;
  readonly groups: number;
  /** Whether it must match to the end. */
  readonly whole: boolean;
  readonly work: Work;
}
/** Steps a pattern has taken. */
export interface Work {
  steps: number;
}

function spend(work: Work, steps: number): void {
  work.steps += steps;
  if (work.steps > MAX_STEPS) throw new Untold(`a pattern takes more than ${MAX_STEPS} steps to hold against all names`);
}

/** Depth-first with the order of preference of a backtracking engine, but no (instruction, position) is tried twice. */
export function run(program: readonly Instruction[], { text, groups, whole, work }: Run): Groups | null {
  spend(work, (program.length * (text.length + 1)) / PLACES_PER_STEP);
  const tried = new Uint8Array(program.length * (text.length + 1));
  type Saved = { readonly slot: number; readonly at: number; readonly before: Saved | null };
  const stack: { at: number; position: number; saved: Saved | null }[] = [{ at: 0, position: 0, saved: null }];
  for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
    const { at, position, saved } = state;
    spend(work, 1);
    const mark = at * (text.length + 1) + position;
    if (tried[mark] === 1) continue;
    tried[mark] = 1;
    const instruction = program[at] as Instruction;
    const next = (to: number, moved = position, more = saved): void => void stack.push({ at: to, position: moved, saved: more });
    switch (instruction.op) {
      case 'one': if (position < text.length && instruction.test(text[position] as string)) next(at + 1, position + 1); break;
      case 'jump': next(instruction.to); break;
      case 'split': next(instruction.second); next(instruction.first); break;
      case 'save': next(at + 1, position, { slot: instruction.slot, at: position, before: saved }); break;
      case 'begin': if (position === 0) next(at + 1); break;
      case 'end': if (position === text.length) next(at + 1); break;
      case 'match': if (!whole || position === text.length) return [text.slice(0, position), ...groupTexts(text, groups, saved)]; break;
    }
  }
  return null;
}

function groupTexts(text: string, groups: number, saved: { readonly slot: number; readonly at: number; readonly before: unknown } | null): Groups {
  const slots: (number | undefined)[] = [];
  for (let s = saved; s !== null; s = s.before as typeof saved) slots[s.slot] ??= s.at;
  return Array.from({ length: groups }, (_, i) => {
    const [from, to] = [slots[2 * i + 2], slots[2 * i + 3]];
    return from === undefined || to === undefined ? undefined : text.slice(from, to);
  });
}

/** How often something is repeated; `most` null: without end. */
export interface Bounds {
  readonly least: number;
  readonly most: number | null;
}

export function repeated(atom: readonly Instruction[], { least, most }: Bounds, lazy: boolean): Instruction[] {
  // Of a loop over what may be empty, Java's last round is one of its own.
  if ((most !== null && most < least) || (most !== 1 && mayBeEmpty(atom))) throw new NotKnown();
  let program: Instruction[] = [];
  for (let i = 0; i < least; i++) program = joined(program, atom);
  if (most === null) return joined(program, looped(atom, lazy));
  let optional: Instruction[] = [];
  for (let i = least; i < most; i++) optional = choice(joined(atom, optional), lazy);
  return joined(program, optional);
}

function mayBeEmpty(atom: readonly Instruction[]): boolean {
  const reached = new Set<number>();
  for (const next = [0]; next.length > 0;) {
    const at = next.pop() as number;
    const instruction = atom[at];
    if (instruction === undefined) return true;
    if (reached.has(at) || instruction.op === 'one') continue;
    reached.add(at);
    next.push(...(instruction.op === 'split' ? [instruction.first, instruction.second] : [instruction.op === 'jump' ? instruction.to : at + 1]));
  }
  return false;
}

function looped(atom: readonly Instruction[], lazy: boolean): Instruction[] {
  const [inside, after] = [1, atom.length + 2];
  return bounded([{ op: 'split', first: lazy ? after : inside, second: lazy ? inside : after }, ...joined([], atom, 1), { op: 'jump', to: 0 }]);
}

function choice(program: readonly Instruction[], lazy: boolean): Instruction[] {
  const [inside, after] = [1, program.length + 1];
  return bounded([{ op: 'split', first: lazy ? after : inside, second: lazy ? inside : after }, ...joined([], program, 1)]);
}

export function either(left: readonly Instruction[], right: readonly Instruction[]): Instruction[] {
  const second = left.length + 2;
  return bounded([{ op: 'split', first: 1, second }, ...joined([], left, 1), { op: 'jump', to: second + right.length }, ...joined([], right, second)]);
}

/** The second program after the first, its addresses moved; `by` where the first stands elsewhere. */
export function joined(first: readonly Instruction[], second: readonly Instruction[], by = first.length): Instruction[] {
  const moved = second.map((i): Instruction => (i.op === 'split' ? { op: 'split', first: i.first + by, second: i.second + by } : i.op === 'jump' ? { op: 'jump', to: i.to + by } : i));
  return bounded([...first, ...moved]);
}

function bounded(program: Instruction[]): Instruction[] {
  if (program.length > MAX_INSTRUCTIONS) throw new NotKnown();
  return program;
}
