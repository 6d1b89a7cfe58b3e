/** What the portal has a page for. */
export interface Linked {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly path?: string | undefined;
}

/** The page of an entity; null for kinds that have none of their own. */
export function addressOf({ kind, namespace, name, path }: Linked): string | null {
  const named = `${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
  switch (kind) {
    case 'dataset':
      return `/datasets/${named}`;
    case 'field':
      return `/datasets/${named}?field=${encodeURIComponent(path ?? '')}`;
    case 'job':
      return `/jobs/${named}`;
    case 'consumer':
      return `/consumers/${named}`;
    case 'subject':
      return `/subjects/${named}`;
    case 'pipeline':
      return `/pipelines/${named}`;
    case 'processor':
      return `/processors/${named}`;
    case 'team':
      return `/search?owner=${encodeURIComponent(name)}`;
    default:
      return null;
  }
}

/** The lineage graph of an entity, and further parts of its address. */
export function lineageAddress({ kind, namespace, name, path }: Linked, more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({ kind, namespace, name, ...(path === undefined ? {} : { path }), ...more });
  return `/lineage?${query.toString()}`;
}

export function impactAddress({ namespace, name, path }: Linked): string {
  return `/impact?${new URLSearchParams({ namespace, name, path: path ?? '' }).toString()}`;
}

/** How an entity is written: `kafka://main/orders`, of a field `orders.customer.email`. */
export function nameOf({ kind, namespace, name, path }: Linked): string {
  if (kind === 'field') return `${name}.${path ?? ''}`;
  return namespace === '' ? name : `${namespace}/${name}`;
}
