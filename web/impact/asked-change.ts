import type { Schemas } from '../shared/api.ts';

/** What may become of a field; a type is Avro in JSON, or the name of one. */
export type AskedChange = { readonly kind: 'remove' } | { readonly kind: 'retype'; readonly type: string } | { readonly kind: 'rename'; readonly name: string };

/** The change an address asks about: with `type` or `rename` in it a new type or name, else that the field goes. */
export function askedChange(query: URLSearchParams): AskedChange {
  const [type, name] = [query.get('type'), query.get('rename')];
  if (type !== null) return { kind: 'retype', type };
  return name === null ? { kind: 'remove' } : { kind: 'rename', name };
}

/** The parts of an address that ask about a change; those it does not have are null. */
export function changeQuery(change: AskedChange): { readonly type: string | null; readonly rename: string | null } {
  return { type: change.kind === 'retype' ? change.type : null, rename: change.kind === 'rename' ? change.name : null };
}

/** The change as the API is asked about it. */
export function changeBody(change: AskedChange): Schemas['ImpactRequest']['change'] {
  return change.kind === 'retype' ? { kind: 'retype', type: typeOf(change.type) } : change;
}

/** What somebody typed as a type: JSON where it is JSON, else the name of a type. */
export function typeOf(text: string): string | Record<string, never> | unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, never> | unknown[]) : text;
  } catch {
    return text;
  }
}

/** Where a proposal of the change is begun. */
export function proposalAddress({ namespace, name }: { readonly namespace: string; readonly name: string }, path: string, change: AskedChange): string {
  const asked = Object.entries(changeQuery(change)).filter(([, value]) => value !== null) as [string, string][];
  return `/changes/new?${new URLSearchParams([['namespace', namespace], ['name', name], ['path', path], ...asked]).toString()}`;
}
