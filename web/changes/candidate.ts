import { type AskedChange, typeOf } from '../impact/asked-change.ts';
import type { Problem } from '../shared/api.ts';
import type { Anchor } from './anchor.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type JsonObject = { readonly [name: string]: Json };

/** What somebody begins with. */
export interface Start {
  readonly text: string;
  /** Why the change that was asked for is not in it; null: it is. */
  readonly why: string | null;
}
/** What is to become of the field at a path. */
export interface FieldChange {
  readonly path: string;
  readonly change: AskedChange;
}

/** A number of so many digits may not survive being read and written; such a text is left as it is. */
const UNSAFE_NUMBER = /[^"\w.]-?\d{16,}/;

/** The current schema, one thing a line, with the change made that was asked for. */
export function startFrom(current: string, asked: FieldChange | null): Start {
  if (UNSAFE_NUMBER.test(current)) return { text: current, why: asked === null ? null : 'it holds numbers too long to be rewritten safely' };
  const schema = parsed(current);
  if (schema === undefined) return { text: current, why: asked === null ? null : 'the current schema is not JSON' };
  if (asked === null) return { text: pretty(schema), why: null };
  const steps = asked.path.match(/\[\]|\{\}|<[^<>]*>|[^.[\]{}<>]+/g) ?? [];
  const changed = changedAt(schema, steps, asked.change);
  return changed === null ? { text: pretty(schema), why: `${asked.path} is no field that this schema spells out in its place` } : { text: pretty(changed), why: null };
}

/** The schema with the field at the steps changed; null where they lead to none. */
function changedAt(schema: Json, steps: readonly string[], change: AskedChange): Json | null {
  const [step, ...rest] = steps;
  if (step === undefined) return null;
  if (Array.isArray(schema)) return inBranch(schema as readonly Json[], steps, change);
  if (!isObject(schema)) return null;
  // A type within a type: { "type": { "type": "record" … } }.
  if (isObject(schema['type'] ?? null) || Array.isArray(schema['type'])) return inPart(schema, 'type', steps, change);
  if (step === '[]') return inPart(schema, 'items', rest, change);
  if (step === '{}') return inPart(schema, 'values', rest, change);
  const fields = schema['fields'];
  if (!Array.isArray(fields)) return null;
  const at = (fields as readonly Json[]).findIndex((field) => isObject(field) && field['name'] === step);
  const field = (fields as readonly Json[])[at];
  if (field === undefined || !isObject(field)) return null;
  if (rest.length === 0) return { ...schema, fields: (fields as Json[]).toSpliced(at, 1, ...changedField(field, change)) };
  const changed = inPart(field, 'type', rest, change);
  return changed === null ? null : { ...schema, fields: (fields as Json[]).with(at, changed) };
}

function inBranch(branches: readonly Json[], steps: readonly string[], change: AskedChange): Json | null {
  const [step = '', ...rest] = steps;
  const beside = branches.flatMap((branch, at) => (branch === 'null' ? [] : [{ branch, at }]));
  const named = step.startsWith('<') ? beside.filter(({ branch }) => step === `<${branchName(branch)}>`) : beside;
  const [only, another] = named;
  if (only === undefined || another !== undefined) return null;
  const changed = changedAt(only.branch, step.startsWith('<') ? rest : steps, change);
  return changed === null ? null : branches.with(only.at, changed);
}
function inPart(whole: JsonObject, part: string, steps: readonly string[], change: AskedChange): Json | null {
  const changed = changedAt(whole[part] ?? null, steps, change);
  return changed === null ? null : { ...whole, [part]: changed };
}
/** What stands where the field stood. Under a new name it keeps the old one as an alias: whoever reads by this schema finds what was written before. */
function changedField(field: JsonObject, change: AskedChange): JsonObject[] {
  switch (change.kind) {
    case 'remove':
      return [];
    case 'retype':
      return [{ ...field, type: typeOf(change.type) as Json }];
    case 'rename': {
      const { aliases, name = '', ...rest } = field;
      return [{ name: change.name, ...rest, aliases: [...(Array.isArray(aliases) ? (aliases as Json[]) : []), name] }];
    }
  }
}
function branchName(branch: Json): string {
  if (!isObject(branch)) return String(branch);
  const { name, namespace, type } = branch;
  if (typeof name !== 'string') return String(type);
  return typeof namespace === 'string' && !name.includes('.') ? `${namespace}.${name}` : name;
}

/** Where in a candidate the fault is that a problem tells of; nothing where it does not say. */
export function anchorOf(problem: Problem | null): readonly Anchor[] {
  const { type, location, detail } = problem ?? {};
  return type === 'urn:sluice:problem:schema-invalid' && typeof location === 'string' ? [{ pointer: location, severity: 'error', message: detail ?? '' }] : [];
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
