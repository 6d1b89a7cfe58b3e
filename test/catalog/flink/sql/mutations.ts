import type { LineageResult } from '../../../../server/catalog/flink/lineage.ts';
import { type Token, tokenize } from '../../../../server/catalog/flink/sql/lexer.ts';

export const MUTATIONS = ['delete', 'duplicate', 'swap', 'replace', 'insert', 'parenthesize', 'rename', 'graft', 'cut', 'splice'] as const;

/** One change of a script: what, and where, as shares of its length from 0 up to 1. */
export interface Mutation {
  readonly kind: (typeof MUTATIONS)[number];
  readonly at: number;
  readonly to: number;
}

/** The script after all of the changes, with pieces of the other script where they need some. */
export function mutated(script: string, other: string, mutations: readonly Mutation[]): string {
  return mutations.reduce((before, mutation) => withMutation(before, other, mutation), script);
}

function withMutation(script: string, other: string, { kind, at, to }: Mutation): string {
  if (kind === 'cut') return script.slice(0, at * script.length);
  if (kind === 'splice') return script.slice(0, at * script.length) + other.slice(to * other.length);
  const tokens = tokensOf(script);
  const [i, j] = [Math.floor(at * tokens.length), Math.floor(to * tokens.length)];
  const [one, two] = [tokens[i], tokens[j]];
  if (one === undefined || two === undefined) return script;
  const text = ({ start, end }: Token): string => script.slice(start, end);
  const replaced = (by: string): string => script.slice(0, one.start) + by + script.slice(one.end);
  switch (kind) {
    case 'delete':
      return replaced('');
    case 'duplicate':
      return replaced(`${text(one)} ${text(one)}`);
    case 'swap': {
      const [first, last] = i <= j ? [one, two] : [two, one];
      return script.slice(0, first.start) + text(last) + script.slice(first.end, last.start) + text(first) + script.slice(Math.max(first.end, last.end));
    }
    case 'replace':
    case 'insert': {
      const from = tokensOf(other);
      const token = from[Math.floor(to * from.length)];
      if (token === undefined) return script;
      const piece = other.slice(token.start, token.end);
      return replaced(kind === 'replace' ? piece : `${piece} ${text(one)}`);
    }
    case 'parenthesize':
      return replaced(`(${text(one)})`);
    case 'rename': {
      const alike = tokens.filter(({ kind: sort, text: symbol }) => sort === one.kind && (sort !== 'symbol' || OPERATORS.has(symbol)));
      const token = alike[Math.floor(to * alike.length)];
      return token === undefined || (one.kind === 'symbol' && !OPERATORS.has(one.text)) ? script : replaced(text(token));
    }
    case 'graft': {
      const groups = groupsIn(tokens);
      const [stock, scion] = [groups[Math.floor(at * groups.length)], groups[Math.floor(to * groups.length)]];
      return stock === undefined || scion === undefined ? script : script.slice(0, stock.start) + script.slice(scion.start, scion.end) + script.slice(stock.end);
    }
  }
}

const OPERATORS = new Set(['+', '-', '*', '/', '%', '||', '=', '<>', '<', '>', '<=', '>=']);

/** Everything in parentheses, with them. */
function groupsIn(tokens: readonly Token[]): { readonly start: number; readonly end: number }[] {
  const open: number[] = [];
  const groups: { readonly start: number; readonly end: number }[] = [];
  for (const { kind, text, start, end } of tokens) {
    if (kind !== 'symbol') continue;
    if (text === '(') open.push(start);
    else if (text === ')' && open.length > 0) groups.push({ start: open.pop()!, end });
  }
  return groups;
}

/** The tokens of what can be cut into tokens; an unclosed text is none. */
function tokensOf(script: string): readonly Token[] {
  try {
    return tokenize(script).slice(0, -1);
  } catch {
    return [];
  }
}

/** What is wrong with an answer whatever the script is; null: nothing. */
export function wrongWith(result: LineageResult, script: string): string | null {
  const lines = script.split('\n');
  const misplaced = (line = 0, column = 0): boolean => line < 1 || line > lines.length || column < 1 || column > (lines[line - 1] as string).length + 1;
  if (result.outcome === 'invalid') return misplaced(result.fault.line, result.fault.column) ? `a fault at ${result.fault.line}:${result.fault.column}` : null;
  const { completeness, sinks, unknown } = result.lineage;
  if (unknown.some(({ line, column }) => misplaced(line, column))) return 'an unknown part outside the script';
  if ((completeness === 'complete') !== (unknown.length === 0)) return `${completeness} with ${unknown.length} unknown parts`;
  if (completeness === 'complete' && sinks.some(({ columns }) => columns.some(({ origins }) => origins === null))) return 'complete with unknown origins';
  if (sinks.some(({ reads }) => reads.some(({ at }) => misplaced(at?.line, at?.column)))) return 'a read outside the script';
  return null;
}
