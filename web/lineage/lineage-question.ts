import type { Schemas } from '../shared/api.ts';

export const DIRECTIONS = ['upstream', 'downstream', 'both'] as const;
export type Direction = (typeof DIRECTIONS)[number];
export type StartKind = 'field' | 'dataset' | 'job' | 'consumer';

export interface LineageQuestion {
  readonly start: { readonly kind: StartKind; readonly namespace: string; readonly name: string; readonly path?: string };
  readonly direction: Direction;
  readonly depth: number;
  readonly open: readonly string[];
  readonly whole: readonly string[];
  readonly listed: readonly string[];
  readonly asOf: string | null;
  /** Leave out what nobody knows. */
  readonly knownOnly: boolean;
  readonly evidence: readonly Schemas['Evidence'][];
}
const KINDS: readonly string[] = ['field', 'dataset', 'job', 'consumer'];
/** One dataset, the programs around it and what they read or write. */
const USUAL_DEPTH = 2;

/** The question an address stands for; null where it names no start. */
export function lineageQuestion(query: URLSearchParams): LineageQuestion | null {
  const [namespace, name, path] = [query.get('namespace') ?? '', query.get('name') ?? '', query.get('path') ?? ''];
  const asked = query.get('kind') ?? (path === '' ? 'dataset' : 'field');
  if (name === '' || !KINDS.includes(asked) || (asked === 'field' && path === '')) return null;
  const kind = asked as StartKind;
  const depth = Number(query.get('depth') ?? USUAL_DEPTH);
  return {
    start: { kind, namespace, name, ...(kind === 'field' ? { path } : {}) },
    direction: DIRECTIONS.find((known) => known === query.get('direction')) ?? 'both',
    depth: Number.isInteger(depth) && depth >= 0 && depth <= 20 ? depth : USUAL_DEPTH,
    open: query.getAll('open'), whole: query.getAll('whole'), listed: query.getAll('listed'),
    asOf: query.get('asOf'),
    knownOnly: query.get('known') === 'only',
    evidence: query.getAll('evidence') as Schemas['Evidence'][],
  };
}
