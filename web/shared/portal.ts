import { getContext, setContext } from 'svelte';
import type { Router } from './router.svelte.ts';
import type { Session } from './session.svelte.ts';

/** What every part of the portal shares. */
export interface Portal {
  readonly router: Router;
  readonly session: Session;
}
const KEY = Symbol('portal');

export function providePortal(portal: Portal): void {
  setContext(KEY, portal);
}
export function usePortal(): Portal {
  return getContext<Portal>(KEY);
}
