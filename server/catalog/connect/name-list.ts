import { parseJavaPattern } from './java-pattern.ts';
import { Untold } from './kept-config.ts';

/** Patterns of one list; people write a handful. */
const MAX_PATTERNS = 50;

/** A list of names and patterns as connectors take it: which names it surely has, and which it would let in. */
export interface NameList {
  /** The names that stand in it as such. */
  readonly literals: readonly string[];
  /** Whether there is nothing in it but names. */
  readonly closed: boolean;
  admits(name: string): boolean;
}

/** A pattern that can match one name alone, but for `.` standing for itself. */
const LITERAL = /^(?:[\w.-]|\\[.$-])+$/;

/** Each entry is a whole-name regular expression, in Debezium without regard to case. Untold where one cannot be read. */
export function nameList(entries: readonly string[], setting: string, { ignoreCase = true }: { readonly ignoreCase?: boolean } = {}): NameList {
  const folded = (name: string): string => (ignoreCase ? name.toLowerCase() : name);
  const literals = [...new Set(entries.filter((entry) => LITERAL.test(entry)).map((entry) => entry.replaceAll('\\', '')))];
  const named = new Set(literals.map(folded));
  const open = [...new Set(entries.filter((entry) => !LITERAL.test(entry)))];
  if (open.length > MAX_PATTERNS) throw new Untold(`'${setting}' has more than ${MAX_PATTERNS} patterns`);
  const patterns = open.map((entry) => {
    const pattern = parseJavaPattern(entry, { ignoreCase });
    if (pattern === null) throw new Untold(`'${setting}' has a pattern that cannot be followed: ${entry.slice(0, 100)}`);
    return pattern;
  });
  return { literals, closed: open.length === 0, admits: (name) => named.has(folded(name)) || patterns.some((pattern) => pattern.matches(name) !== null) };
}
