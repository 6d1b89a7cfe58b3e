import { refuse } from './refusal.ts';
import { PRIMITIVE_KINDS, type PrimitiveKind } from './schema.ts';

/** A name as Avro Java splits it: `full` joins space and name, or is the bare name without a space. */
export interface QualifiedName {
  readonly name: string;
  readonly space: string | null;
  readonly full: string;
}

const PRIMITIVES: ReadonlyMap<string, PrimitiveKind> = new Map(PRIMITIVE_KINDS.map((kind) => [kind, kind]));
const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const LETTER = /^\p{L}$/u;
const LETTER_OR_DIGIT = /^[\p{L}\p{Nd}]$/u;

export function primitiveKind(name: string): PrimitiveKind | undefined {
  return PRIMITIVES.get(name);
}

/** A dot in the name overrides the given namespace; an empty namespace is none. */
export function qualify(name: string, namespace: string | null): QualifiedName {
  const dot = name.lastIndexOf('.');
  const short = checkName(name.slice(dot + 1));
  const space = (dot < 0 ? namespace : name.slice(0, dot)) || null;
  return { name: short, space, full: space === null ? short : `${space}.${short}` };
}

/** Letters and digits of any script and `_`, judged by UTF-16 unit as Avro Java's default validator does. */
export function checkName(name: string | null): string {
  const fault = faultOfName(name);
  if (name === null || fault !== null) refuse(fault ?? 'Null name');
  return name;
}

/** What is wrong with a full name, each part of which must be a name itself; null for nothing. */
export function faultOfFullName(full: string): { readonly part: 'namespace' | 'name'; readonly message: string } | null {
  if (PLAIN_NAME.test(full)) return null;
  const parts = full.split('.');
  for (const [i, part] of parts.entries()) {
    const fault = faultOfName(part);
    const [kind, said] = i < parts.length - 1 ? (['namespace', 'Namespace part'] as const) : (['name', 'Name'] as const);
    if (fault !== null) return { part: kind, message: `${said} "${part}" is invalid: ${fault}` };
  }
  return null;
}

/** What keeps a text from being the name of a field, or one part of a full name; null for nothing. */
export function faultOfName(name: string | null): string | null {
  if (name === null) return 'Null name';
  if (PLAIN_NAME.test(name)) return null;
  if (name === '') return 'Empty name';
  const first = name.charAt(0);
  if (first !== '_' && !LETTER.test(first)) return `Illegal initial character: ${name}`;
  for (let i = 1; i < name.length; i++) {
    const unit = name.charAt(i);
    if (unit !== '_' && !LETTER_OR_DIGIT.test(unit)) return `Illegal character in: ${name}`;
  }
  return null;
}
