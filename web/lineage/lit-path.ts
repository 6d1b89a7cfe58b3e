import type { Schemas } from '../shared/api.ts';

export type FieldEdge = Schemas['LineageMap']['fieldEdges'][number];
/** A field of a drawn dataset. */
export interface DrawnField {
  readonly key: string;
  readonly path: string;
}
export interface LitPath {
  /** Fields by `fieldId`. */
  readonly fields: ReadonlySet<string>;
  /** Programs on the way, by key. */
  readonly programs: ReadonlySet<string>;
  readonly edges: readonly FieldEdge[];
}

export function fieldId({ key, path }: DrawnField): string {
  return `${key} ${path}`;
}

/** Everything drawn that the value of a field comes from or goes to. */
export function litPath(edges: readonly FieldEdge[], start: DrawnField): LitPath {
  const lit = new Set<FieldEdge>();
  const fields = new Set([fieldId(start)]);
  for (const [near, far] of [['from', 'to'], ['to', 'from']] as const) {
    const leaving = Map.groupBy(edges, (edge) => endOf(edge, near));
    const waiting = [fieldId(start)];
    const seen = new Set(waiting);
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      for (const edge of leaving.get(id) ?? []) {
        lit.add(edge);
        const next = endOf(edge, far);
        fields.add(next);
        if (!seen.has(next)) waiting.push(next);
        seen.add(next);
      }
    }
  }
  return { fields, programs: new Set([...lit].flatMap(({ via }) => via ?? [])), edges: [...lit] };
}

/** The field an arrow key leads to: along the path, or to the next one in the same column of it. */
export function stepFrom(start: DrawnField, key: string, edges: readonly FieldEdge[]): DrawnField | null {
  const here = fieldId(start);
  switch (key) {
    case 'ArrowRight':
      return fieldsAt(edges.filter((edge) => endOf(edge, 'from') === here), 'to')[0] ?? null;
    case 'ArrowLeft':
      return fieldsAt(edges.filter((edge) => endOf(edge, 'to') === here), 'from')[0] ?? null;
    case 'ArrowDown':
    case 'ArrowUp': {
      const sources = new Set(edges.filter((edge) => endOf(edge, 'to') === here).map((edge) => endOf(edge, 'from')));
      const siblings = fieldsAt(edges.filter((edge) => sources.has(endOf(edge, 'from'))), 'to');
      const at = siblings.findIndex((field) => fieldId(field) === here);
      return siblings[at + (key === 'ArrowDown' ? 1 : -1)] ?? null;
    }
    default:
      return null;
  }
}

function endOf(edge: FieldEdge, end: 'from' | 'to'): string {
  return end === 'from' ? fieldId({ key: edge.from, path: edge.fromPath }) : fieldId({ key: edge.to, path: edge.toPath });
}

function fieldsAt(edges: readonly FieldEdge[], end: 'from' | 'to'): DrawnField[] {
  const fields = edges.map((edge): DrawnField => (end === 'from' ? { key: edge.from, path: edge.fromPath } : { key: edge.to, path: edge.toPath }));
  return [...new Map(fields.map((field) => [fieldId(field), field])).values()];
}
