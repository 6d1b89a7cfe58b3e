import type { JsonValue } from '../avro/parse.ts';
import { keptOptions } from './kept-options.ts';
import { tokenize } from './sql/lexer.ts';
import { SqlFailure } from './sql/sql-failure.ts';

/** Stands for a value that is not stored. */
const HIDDEN = "'…'";
const OPTION_IN_HINT = /'((?:[^']|'')*)'\s*=\s*'((?:[^']|'')*)'/g;

/**
 * The script without the values of options that may hold secrets, comments included; everything else stays as
 * it is, line by line. Null where the text cannot be read as SQL.
 */
export function redactedScript(script: string): string | null {
  let tokens;
  try {
    tokens = tokenize(script);
  } catch (failure) {
    if (!(failure instanceof SqlFailure)) throw failure;
    return null;
  }
  let text = '';
  let from = 0;
  for (const [i, token] of tokens.entries()) {
    text += redactedComments(script.slice(from, token.start));
    const key = tokens[i - 2];
    const isValue = token.kind === 'string' && tokens[i - 1]?.text === '=' && key?.kind === 'string';
    text += isValue ? visible(key.text, token.text) ?? HIDDEN : script.slice(token.start, token.end);
    from = token.end;
  }
  return text;
}

function redactedComments(between: string): string {
  return between.replace(OPTION_IN_HINT, (_, key: string, value: string) => `'${key}' = ${visible(key, value.replaceAll("''", "'")) ?? HIDDEN}`);
}

/** The option's value as a literal, credentials cut out; null where it is not to be seen. */
function visible(key: string, value: string): string | null {
  const kept = keptOptions({ [key]: value })[key];
  return kept === undefined ? null : `'${kept.replaceAll("'", "''")}'`;
}

/** Plan parts deeper than this are left out of what is stored. */
const MAX_DEPTH = 500;

/** The plan without the texts for people and all options but those that name things. */
export function redactedPlan(plan: JsonValue, depth = 0): JsonValue {
  if (depth > MAX_DEPTH) return '…';
  if (Array.isArray(plan)) return plan.map((part) => redactedPlan(part as JsonValue, depth + 1));
  if (typeof plan !== 'object' || plan === null) return plan;
  const kept: { [key: string]: JsonValue } = {};
  for (const [key, value] of Object.entries(plan as { [key: string]: JsonValue })) {
    if (key === 'description' || key === 'hints') continue;
    const isOptions = key === 'options' && typeof value === 'object' && value !== null && !Array.isArray(value);
    kept[key] = isOptions ? { ...keptOptions(value as { [option: string]: unknown }) } : redactedPlan(value, depth + 1);
  }
  return kept;
}
