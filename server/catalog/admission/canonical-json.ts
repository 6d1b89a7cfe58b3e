import type { JsonValue } from '../avro/parse.ts';

/** JSON text with the names of every object in order and no blanks: equal values have equal texts, whoever wrote them. */
export function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalJson((value as { readonly [key: string]: JsonValue })[name] ?? null)}`).join(',')}}`;
}
