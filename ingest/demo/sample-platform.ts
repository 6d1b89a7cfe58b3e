import { corePlatform } from './core-platform.ts';
import type { SampleEvent } from './encode.ts';
import { grownPlatform } from './grown-platform.ts';

/** Any seed does; this one's platform is the one the tests and the README know. */
const SAMPLE_SEED = 7;

/**
 * The sample platform as its events, spread over the 90 days before `now`: a hand-written core that can be
 * followed by reading, and a few hundred topics around it. The same `now` gives the same events.
 */
export function samplePlatform(now: number): readonly SampleEvent[] {
  return [...corePlatform(now), ...grownPlatform(now, SAMPLE_SEED)];
}
