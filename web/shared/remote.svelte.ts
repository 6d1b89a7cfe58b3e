import { untrack } from 'svelte';
import { Failure } from './api.ts';
import { credential } from './credential.svelte.ts';

export type RemoteState<T> =
  | { readonly state: 'loading'; readonly earlier: T | null }
  | { readonly state: 'ready'; readonly value: T }
  | { readonly state: 'failed'; readonly failure: Failure };

/** One answer of the API as a page shows it: loading, there, or why not. A newer question ends the older one. */
export class Remote<T> {
  current = $state.raw<RemoteState<T>>({ state: 'loading', earlier: null });
  #asking: AbortController | null = null;

  get value(): T | null {
    return this.current.state === 'ready' ? this.current.value : this.current.state === 'loading' ? this.current.earlier : null;
  }

  async ask(question: (signal: AbortSignal) => Promise<T>): Promise<void> {
    // An effect that asks does so again for whoever signs in.
    void credential.turn;
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController());
    // An effect that asks depends on the question, not on the answer before it.
    this.current = { state: 'loading', earlier: untrack(() => this.value) };
    try {
      const value = await question(asking.signal);
      if (!asking.signal.aborted) this.current = { state: 'ready', value };
    } catch (cause) {
      if (asking.signal.aborted) return;
      this.current = { state: 'failed', failure: cause instanceof Failure ? cause : new Failure(0, String(cause)) };
    }
  }
}
