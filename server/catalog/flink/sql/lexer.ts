import { SqlFailure } from './sql-failure.ts';

/** `word` is an unquoted identifier or keyword, `quoted` one in back-ticks; `end` closes every script. */
export type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'symbol' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** The identifier or literal value without its quotes; the symbol itself. */
  readonly text: string;
  /** `text` in upper case for words, to compare with keywords; '' for every other kind. */
  readonly keyword: string;
  /** Offsets in the script, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** Text of the hint comments just before it: the inside of slash-star-plus … star-slash. */
  readonly hint?: string;
}

const SYMBOLS_OF_TWO = new Set(['<>', '<=', '>=', '||', '=>', '!=', '::', ':=']);
const SYMBOLS_OF_ONE = new Set('()[]{},.;+-*/%=<>?:^|&$@');
const SPACE = /\s*/y;
const WORD = /[\p{L}\p{Nl}_][\p{L}\p{N}\p{M}\p{Pc}$]*/uy;
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const STRING_PREFIX = /(?:[nNxXeE]|[uU]&|_[A-Za-z0-9]+)(?=')/y;

/** Splits a script into tokens, in time linear in its length. Throws `SqlFailure` at what is no token. */
export function tokenize(script: string): Token[] {
  const tokens: Token[] = [];
  let hint: string | undefined;
  let at = 0;
  for (;;) {
    at = matchEnd(SPACE, script, at) ?? at;
    if (at >= script.length) break;
    const comment = commentEnd(script, at);
    if (comment !== null) {
      if (script.startsWith('/*+', at)) hint = `${hint ?? ''}${script.slice(at + 3, comment - 2)} `;
      at = comment;
      continue;
    }
    const token = nextToken(script, at);
    tokens.push(hint === undefined ? token : { ...token, hint });
    hint = undefined;
    at = token.end;
  }
  tokens.push({ kind: 'end', text: '', keyword: '', start: script.length, end: script.length });
  return tokens;
}

function commentEnd(script: string, at: number): number | null {
  const two = script.slice(at, at + 2);
  if (two === '--' || two === '//') {
    const end = script.indexOf('\n', at);
    return end === -1 ? script.length : end;
  }
  if (two !== '/*') return null;
  const end = script.indexOf('*/', at + 2);
  if (end === -1) throw new SqlFailure('this comment is never closed: expected */', at);
  return end + 2;
}

function nextToken(script: string, at: number): Token {
  const char = script[at] as string;
  if (char === '`' || char === "'") return quoted(script, at, at);
  const prefix = matchEnd(STRING_PREFIX, script, at);
  if (prefix !== null) return quoted(script, prefix, at);
  const word = matchEnd(WORD, script, at);
  if (word !== null) {
    const text = script.slice(at, word);
    return { kind: 'word', text, keyword: text.toUpperCase(), start: at, end: word };
  }
  const number = matchEnd(NUMBER, script, at);
  if (number !== null) return { kind: 'number', text: script.slice(at, number), keyword: '', start: at, end: number };
  const two = script.slice(at, at + 2);
  if (two === '!=') throw new SqlFailure("expected <>: Flink SQL does not know '!='", at);
  if (two === '::') throw new SqlFailure("expected CAST(… AS …): Flink SQL does not know '::'", at);
  if (SYMBOLS_OF_TWO.has(two)) return symbol(two, at);
  if (SYMBOLS_OF_ONE.has(char)) return symbol(char, at);
  if (char === '"') throw new SqlFailure('names are quoted with back-ticks and texts with single quotes, not with "', at);
  throw new SqlFailure(`unexpected character ${JSON.stringify(String.fromCodePoint(script.codePointAt(at) as number))}`, at);
}

function symbol(text: string, at: number): Token {
  return { kind: 'symbol', text, keyword: '', start: at, end: at + text.length };
}

/** `open` is where the quote stands, `start` where a prefix of it begins. */
function quoted(script: string, open: number, start: number): Token {
  const quote = script[open] as string;
  const kind = quote === '`' ? 'quoted' : 'string';
  let from = open + 1;
  for (;;) {
    const close = script.indexOf(quote, from);
    if (close === -1) throw new SqlFailure(`this ${kind === 'string' ? 'text' : 'name'} is never closed: expected ${quote}`, start);
    if (script[close + 1] !== quote) {
      const text = script.slice(open + 1, close).replaceAll(quote + quote, quote);
      return { kind, text, keyword: '', start, end: close + 1 };
    }
    from = close + 2;
  }
}

function matchEnd(pattern: RegExp, script: string, at: number): number | null {
  pattern.lastIndex = at;
  return pattern.test(script) ? pattern.lastIndex : null;
}
