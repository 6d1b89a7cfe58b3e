import type { EntityRef } from '../catalog/names.ts';
import type { LineageIndex } from '../graph/lineage-index.ts';
import { entityPages, type Store } from '../store/store.ts';

export interface KeptParts {
  readonly store: Pick<Store, 'entities' | 'names'>;
  readonly index: Pick<LineageIndex, 'onChange'>;
  readonly kind: Parameters<Store['entities']>[0];
  /** Names fetched in one go when all are read. */
  readonly atOnce: number;
  /** Before all are read. */
  readonly clear: () => void;
  /** Takes over what the store has of them now. */
  readonly read: (refs: readonly EntityRef[]) => Promise<void>;
}

/** When to read what is kept of all entities of a kind: whole when first asked, then what each revision changed. */
export class KeptEntities {
  readonly #parts: KeptParts;
  #changed: number[] | 'everything' = 'everything';
  #looking: Promise<unknown> = Promise.resolve();

  constructor(parts: KeptParts) {
    this.#parts = parts;
    parts.index.onChange((ids) => {
      if (ids === 'everything' || this.#changed === 'everything') this.#changed = 'everything';
      else for (const id of ids) this.#changed.push(id);
    });
  }

  /** What `answer` makes of what is kept, once that is as the index has it. The index is to be caught up before. */
  ask<Answer>(answer: () => Answer): Promise<Answer> {
    // One look after the other: each takes what changed until then, and none clears what another answers from.
    const asked = this.#looking.catch(() => undefined).then(async () => {
      await this.#look();
      return answer();
    });
    this.#looking = asked;
    return asked;
  }

  async #look(): Promise<void> {
    const { store, kind, read } = this.#parts;
    const changed = this.#changed;
    this.#changed = [];
    try {
      if (changed === 'everything') await this.#readAll();
      else if (changed.length > 0) await read((await store.names([...new Set(changed)])).filter((ref) => ref?.kind === kind) as readonly EntityRef[]);
    } catch (failure) {
      this.#changed = 'everything';
      throw failure;
    }
  }

  async #readAll(): Promise<void> {
    const { store, kind, atOnce, clear, read } = this.#parts;
    clear();
    for await (const page of entityPages(store, kind, { limit: atOnce })) await read(page);
  }
}
