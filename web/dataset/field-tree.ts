import type { Schemas } from '../shared/api.ts';

export interface TreeRow {
  readonly field: Schemas['Field'];
  /** Levels below the top. */
  readonly level: number;
  /** The last part of its path: what a person looks for inside its parent. */
  readonly label: string;
  readonly hasChildren: boolean;
}

/** Fields as the rows of a tree, in schema order; those inside a closed field are left out. */
export function treeRows(fields: readonly Schemas['Field'][], closed: ReadonlySet<string>): TreeRow[] {
  const rows: TreeRow[] = [];
  const open: { readonly path: string; readonly isClosed: boolean }[] = [];
  for (const [i, field] of fields.entries()) {
    while (open.length > 0 && !isWithin(field.path, open.at(-1)?.path ?? '')) open.pop();
    const next = fields[i + 1];
    const hasChildren = next !== undefined && isWithin(next.path, field.path);
    const parent = open.at(-1);
    if (!open.some(({ isClosed }) => isClosed)) rows.push({ field, level: open.length, label: parent === undefined ? field.path : field.path.slice(parent.path.length).replace(/^\./, ''), hasChildren });
    if (hasChildren) open.push({ path: field.path, isClosed: closed.has(field.path) });
  }
  return rows;
}

/** Every field by its whole path. */
export function flatRows(fields: readonly Schemas['Field'][]): TreeRow[] {
  return fields.map((field) => ({ field, level: 0, label: field.path, hasChildren: false }));
}

/** `a.b`, `a[].b`, `a{}.b` and `a<ns.B>.b` lie within `a`. */
export function isWithin(path: string, ancestor: string): boolean {
  return path.length > ancestor.length && path.startsWith(ancestor) && '.[{<'.includes(path.charAt(ancestor.length));
}
