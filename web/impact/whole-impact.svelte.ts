import type { Schemas } from '../shared/api.ts';
import { pagesOf } from '../shared/pages-of.ts';
import { Remote } from '../shared/remote.svelte.ts';

type Impact = Schemas['Impact'];
export type AskPage = (query: { limit: number; cursor?: string }, signal: AbortSignal) => Promise<Impact>;

/** Rows of one answer; a hub reaches hundreds of thousands, and the sentence and those it breaks are in the first. */
const AT_ONCE = 1_000;

/** What a change reaches: the nearest at once, the others when somebody asks for them. */
export class WholeImpact {
  readonly remote = new Remote<Impact>();
  /** Rows read so far of those that somebody asked for; null: nobody did. */
  readingOn = $state<number | null>(null);
  #ask: AskPage | null = null;

  ask(page: AskPage): void {
    this.#ask = page;
    void this.remote.ask((signal) => page({ limit: AT_ONCE }, signal));
  }

  async readAll(): Promise<void> {
    const [page, first] = [this.#ask, this.remote.value];
    if (page === null || first === null || this.readingOn !== null) return;
    const affected = [...first.affected];
    this.readingOn = affected.length;
    await this.remote.ask(async (signal) => {
      for await (const next of pagesOf((from) => page({ limit: AT_ONCE, ...from }, signal), first.nextCursor)) {
        for (const entry of next.affected) affected.push(entry);
        this.readingOn = affected.length;
      }
      return { ...first, affected, nextCursor: null };
    });
    this.readingOn = null;
  }
}
