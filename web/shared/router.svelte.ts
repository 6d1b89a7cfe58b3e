import { matchRoute, type Match, type Route } from './routes.ts';

/** What goes with a person from page to page, until they change it: the instant looked at, and the cluster searched in. */
const SCOPES = ['asOf', 'cluster'] as const;

/** Where the page is: everything a view shows follows from its address, so that a link or a reload restores it. */
export class Router {
  path = $state(location.pathname);
  query = $state.raw(new URLSearchParams(location.search));
  readonly #routes: readonly Route[];

  constructor(routes: readonly Route[]) {
    this.#routes = routes;
    addEventListener('popstate', () => this.#read());
    addEventListener('click', (event) => this.#follow(event));
  }

  get match(): Match | null {
    return matchRoute(this.#routes, this.path);
  }

  /** Opens a page of the portal; scopes that its address does not set itself stay as they are. */
  go(url: string): void {
    history.pushState(null, '', this.#scoped(url));
    this.#read();
    scrollTo(0, 0);
  }

  /** Changes parts of the query in place; null or '' leaves a part out. Typing in a box adds no step to go back by. */
  set(changes: Readonly<Record<string, string | readonly string[] | null>>, how: 'replace' | 'push' = 'replace'): void {
    const query = new URLSearchParams(this.query);
    for (const [name, value] of Object.entries(changes)) {
      query.delete(name);
      for (const one of Array.isArray(value) ? value : [value]) if (typeof one === 'string' && one !== '') query.append(name, one);
    }
    const text = query.toString();
    history[how === 'push' ? 'pushState' : 'replaceState'](null, '', text === '' ? this.path : `${this.path}?${text}`);
    this.#read();
  }

  #scoped(url: string): string {
    const { pathname, searchParams, hash } = new URL(url, location.origin);
    for (const scope of SCOPES) if (!searchParams.has(scope)) for (const value of this.query.getAll(scope)) searchParams.append(scope, value);
    const text = searchParams.toString();
    return `${pathname}${text === '' ? '' : `?${text}`}${hash}`;
  }

  #read(): void {
    this.path = location.pathname;
    this.query = new URLSearchParams(location.search);
  }

  /** Links of the portal change the page without loading it anew; everything else is the browser's. */
  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.composedPath().find((target) => target instanceof HTMLAnchorElement);
    if (link === undefined || link.origin !== location.origin || link.target !== '' || link.hasAttribute('download')) return;
    if (matchRoute(this.#routes, link.pathname) === null) return;
    event.preventDefault();
    this.go(link.pathname + link.search + link.hash);
  }
}
