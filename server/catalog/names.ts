/** Everything the catalog knows by name. Order is part of stored files: append only. */
export const ENTITY_KINDS = [
  'dataset', 'field', 'job', 'consumer', 'processor', 'pipeline', 'subject', 'team',
] as const;
export type EntityKind = (typeof ENTITY_KINDS)[number];

/** An OpenLineage name: for a Kafka topic `{ namespace: 'kafka://main', name: 'orders' }`. */
export interface Named {
  readonly namespace: string;
  readonly name: string;
}
export type DatasetRef = Named;
/** A field of a dataset; `path` as in `order.items[].sku`, `attributes{}.value`, `payload<ns.A>.id`, `$key.id`. */
export interface FieldRef extends Named {
  readonly path: string;
}
export type EntityRef =
  | (Named & { readonly kind: Exclude<EntityKind, 'field'> })
  | (FieldRef & { readonly kind: 'field' });
export type ReaderRef = Named & { readonly kind: 'job' | 'consumer' };

/** Longest name, namespace or path taken from any door, in UTF-16 units: longer ones are refused, not cut. */
export const MAX_NAME_LENGTH = 512;

/**
 * The one string identity of an entity, e.g. `field:kafka://main#orders#customer.email`.
 * `%` and `#` inside a part are percent-encoded, so two entities never share a key.
 */
export function entityKey(ref: EntityRef): string {
  const key = `${ref.kind}:${encodePart(ref.namespace)}#${encodePart(ref.name)}`;
  return ref.kind === 'field' ? `${key}#${encodePart(ref.path)}` : key;
}

/** The inverse of `entityKey`; null when the text is not such a key. */
export function parseEntityKey(key: string): EntityRef | null {
  const colon = key.indexOf(':');
  const kind = ENTITY_KINDS.find((k) => k === key.slice(0, colon));
  const [namespace, name, path, ...rest] = key.slice(colon + 1).split('#').map(decodePart);
  if (colon < 0 || kind === undefined || namespace === undefined || name === undefined || rest.length > 0) return null;
  if (kind === 'field') return path === undefined ? null : { kind, namespace, name, path };
  return path === undefined ? { kind, namespace, name } : null;
}

/** Key of a dataset without allocating a ref. */
export function datasetKey(dataset: DatasetRef): string {
  return `dataset:${encodePart(dataset.namespace)}#${encodePart(dataset.name)}`;
}

function encodePart(part: string): string {
  return part.includes('%') || part.includes('#') ? part.replaceAll('%', '%25').replaceAll('#', '%23') : part;
}

function decodePart(part: string): string {
  return part.includes('%') ? part.replaceAll('%23', '#').replaceAll('%25', '%') : part;
}
