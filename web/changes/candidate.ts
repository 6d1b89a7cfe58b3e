import { typeOf } from '../impact/impact-question.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type JsonObject = { readonly [name: string]: Json };

/** What somebody begins with. */
export interface Start {
  readonly text: string;
  /** Why the change that was asked for is not in it; null: it is. */
  readonly why: string | null;
}
/** `path` goes, or becomes of `type`. */
export interface AskedChange {
  readonly path: string;
  readonly type: string | null;
}

/** A number of so many digits may not survive being read and written; such a text is left as it is. */
const UNSAFE_NUMBER = /[^"\w.]-?\d{16,}/;

/** The current schema, one thing a line, with the change made that was asked for. */
export function startFrom(current: string, change: AskedChange | null): Start {
  if (UNSAFE_NUMBER.test(current)) return { text: current, why: change === null ? null : 'it holds numbers too long to be rewritten safely' };
  const schema = parsed(current);
  if (schema === undefined) return { text: current, why: change === null ? null : 'the current schema is not JSON' };
  if (change === null) return { text: pretty(schema), why: null };
  const steps = change.path.match(/\[\]|\{\}|<[^<>]*>|[^.[\]{}<>]+/g) ?? [];
  const changed = changedAt(schema, steps, { type: change.type });
  return changed === null ? { text: pretty(schema), why: `${change.path} is no field that this schema spells out in its place` } : { text: pretty(changed), why: null };
}

interface Making {
  readonly type: string | null;
}

/** The schema with the field at the steps changed; null where they lead to none. */
function changedAt(schema: Json, steps: readonly string[], making: Making): Json | null {
  const [step, ...rest] = steps;
  if (step === undefined) return null;
  if (Array.isArray(schema)) return inBranch(schema as readonly Json[], steps, making);
  if (!isObject(schema)) return null;
  // A type within a type: { "type": { "type": "record" … } }.
  if (isObject(schema['type'] ?? null) || Array.isArray(schema['type'])) return inPart(schema, 'type', steps, making);
  if (step === '[]') return inPart(schema, 'items', rest, making);
  if (step === '{}') return inPart(schema, 'values', rest, making);
  const fields = schema['fields'];
  if (!Array.isArray(fields)) return null;
  const at = (fields as readonly Json[]).findIndex((field) => isObject(field) && field['name'] === step);
  const field = (fields as readonly Json[])[at];
  if (field === undefined || !isObject(field)) return null;
  const changed = rest.length > 0 ? inPart(field, 'type', rest, making) : retyped(field, making.type);
  if (changed === null) return null;
  return { ...schema, fields: rest.length === 0 && making.type === null ? (fields as Json[]).toSpliced(at, 1) : (fields as Json[]).with(at, changed) };
}

function inBranch(branches: readonly Json[], steps: readonly string[], making: Making): Json | null {
  const [step = '', ...rest] = steps;
  const beside = branches.flatMap((branch, at) => (branch === 'null' ? [] : [{ branch, at }]));
  const named = step.startsWith('<') ? beside.filter(({ branch }) => step === `<${branchName(branch)}>`) : beside;
  const [only, another] = named;
  if (only === undefined || another !== undefined) return null;
  const changed = changedAt(only.branch, step.startsWith('<') ? rest : steps, making);
  return changed === null ? null : branches.with(only.at, changed);
}
function inPart(whole: JsonObject, part: string, steps: readonly string[], making: Making): Json | null {
  const changed = changedAt(whole[part] ?? null, steps, making);
  return changed === null ? null : { ...whole, [part]: changed };
}
function retyped(field: JsonObject, type: string | null): JsonObject {
  return type === null ? field : { ...field, type: typeOf(type) as Json };
}
function branchName(branch: Json): string {
  if (!isObject(branch)) return String(branch);
  const { name, namespace, type } = branch;
  if (typeof name !== 'string') return String(type);
  return typeof namespace === 'string' && !name.includes('.') ? `${namespace}.${name}` : name;
}

/** Where two texts begin to differ; the start where they do not. */
export function firstDifference(a: string, b: string): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) if (a[at] !== b[at]) return at;
  return 0;
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
function pretty(schema: Json): string {
  return JSON.stringify(schema, null, 2);
}
