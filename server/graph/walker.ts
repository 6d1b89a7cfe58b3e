import { IntSlab } from './int-slab.ts';
import { KnownWalk } from './known-walk.ts';
import type { LineageGraph } from './lineage-graph.ts';
import { PossibleWalk } from './possible-walk.ts';
import { NUMBERS, type Question, type Walk } from './walk.ts';

const NO_NUMBERS = new Int32Array(0);

/** Walks over one graph: what is known comes first, then what is possible. Working arrays are kept between walks, results are copies. */
export class Walker {
  readonly #known: KnownWalk;
  readonly #possible: PossibleWalk;
  readonly #slab = new IntSlab();

  constructor(graph: LineageGraph) {
    this.#known = new KnownWalk(graph);
    this.#possible = new PossibleWalk(graph, this.#known);
  }

  walk(starts: readonly number[], question: Question): Walk {
    const [known, possible] = [this.#known, this.#possible];
    known.walk(starts, question, Math.max(known.size, possible.size));
    possible.clear();
    if (known.seeds.length > 0) possible.walk(question);
    const added = possible.size - known.size;
    return {
      direction: question.direction, starts: known.starts, size: possible.size, known: known.size, levels: known.levels,
      reached: this.#slab.copy(known.entries, known.size), lookedAt: known.lookedAt, sightings: known.sightings,
      possible: added === 0 ? NO_NUMBERS : possible.numbers.slice(0, added * NUMBERS), again: possible.again,
    };
  }
}
