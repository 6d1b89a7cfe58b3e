import type { Component } from 'svelte';

export type Params = Readonly<Record<string, string>>;
/** One page of the portal; its code is loaded when it is first shown. */
export interface Route {
  /** `/datasets/:namespace/:name`; a part that begins with a colon takes one percent-encoded segment. */
  readonly pattern: string;
  /** The entry of the rail it belongs to. */
  readonly section: string;
  /** It can show the catalog as it was at an instant, `asOf` of the address; the others show it as it is now. */
  readonly isTimed?: true;
  readonly load: () => Promise<{ readonly default: Component<{ params: Params }> }>;
}
export interface Match {
  readonly route: Route;
  readonly params: Params;
}

export function matchRoute(routes: readonly Route[], path: string): Match | null {
  for (const route of routes) {
    const params = paramsOf(route.pattern, path);
    if (params !== null) return { route, params };
  }
  return null;
}

function paramsOf(pattern: string, path: string): Params | null {
  const [wanted, given] = [segmentsOf(pattern), segmentsOf(path)];
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    const segment = given[i] ?? '';
    if (!part.startsWith(':')) {
      if (part !== segment) return null;
      continue;
    }
    const text = decoded(segment);
    if (text === null || text === '') return null;
    params[part.slice(1)] = text;
  }
  return params;
}

function segmentsOf(path: string): string[] {
  return path.replace(/^\/+|\/+$/g, '').split('/');
}

function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
