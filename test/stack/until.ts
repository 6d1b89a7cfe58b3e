import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_INTERVAL_MS = 50;
/** Most things come about within a second or two; a machine that does much else takes its time. */
const DEADLINE_MS = 80_000;

/** Waits until `look` gives something else than false or null; fails with what was last `seen` when that takes too long. */
export async function until<T>(look: () => T | false | null | Promise<T | false | null>, { seen = () => undefined, within = DEADLINE_MS }: { readonly seen?: () => unknown; readonly within?: number } = {}): Promise<T> {
  for (const deadline = performance.now() + within; ; await sleep(LOOK_INTERVAL_MS)) {
    const found = await look();
    if (found !== false && found !== null) return found;
    if (performance.now() > deadline) throw new Error(`it did not come about within ${within} ms; last seen: ${JSON.stringify(await seen())}`);
  }
}
