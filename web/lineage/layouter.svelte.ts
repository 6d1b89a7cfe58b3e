import type { Drawing, Placed } from './layout.ts';
import type { LayoutAnswer, LayoutAsked } from './layout.worker.ts';

/** Places drawings in a worker, so that the page stays free; of several in a row the last one counts. */
export class Layouter {
  placed = $state.raw<readonly Placed[] | null>(null);
  #worker: Worker | null = null;
  #asked = 0;

  place({ boxes, lines }: Drawing): void {
    this.#worker ??= this.#start();
    const asked: LayoutAsked = { asked: ++this.#asked, boxes, lines };
    this.#worker.postMessage(asked);
  }

  stop(): void {
    this.#worker?.terminate();
    this.#worker = null;
  }

  #start(): Worker {
    const worker = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<LayoutAnswer>) => {
      if (data.asked === this.#asked) this.placed = data.placed;
    });
    return worker;
  }
}
