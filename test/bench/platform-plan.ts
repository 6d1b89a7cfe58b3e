import { SeededRandom, seedOf } from '../../ingest/demo/seeded-random.ts';

/** How large a platform is, and how it is laid out. */
export interface PlatformSize {
  readonly topics: number;
  readonly jobs: number;
  readonly consumers: number;
  readonly meanFields: number;
  /** How often an output field is computed from one field more; set so that the field edges come out right. */
  readonly extraOrigin: number;
  /** Share of topics with more than one schema version. */
  readonly evolved: number;
}

/**
 * S is what a test run can afford. M is a platform of Netflix's size; its topics have one schema version,
 * so that loading it measures the graph and not the parsing of its past.
 */
export const SIZES = {
  S: { topics: 2_500, jobs: 1_000, consumers: 6_000, meanFields: 52, extraOrigin: 0.6, evolved: 0.2 },
  M: { topics: 50_000, jobs: 20_000, consumers: 120_000, meanFields: 50, extraOrigin: 0.58, evolved: 0 },
} as const satisfies Record<string, PlatformSize>;
export type SizeName = keyof typeof SIZES;

/** Share of topics at each depth: the median is 3, the largest 8. */
const DEPTHS = [0.12, 0.13, 0.2, 0.2, 0.15, 0.09, 0.06, 0.03, 0.02] as const;
/** Share of topics in long chains, and how long those are, in jobs. */
const CHAINED = 0.005;
const CHAIN_LENGTH = [20, 60] as const;
/** Share of jobs that take data out: each reads one topic. */
const SINKS = 0.15;

/** Consecutive topics that one job writes, at one depth. */
export interface Producer {
  readonly job: number;
  readonly depth: number;
  readonly firstTopic: number;
  readonly topics: number;
  /** The topic before it in a chain; null outside chains. */
  readonly after: number | null;
}
/** Topics are numbered by depth, so a plan is ranges: nothing else of a platform is held in memory. */
export interface PlatformPlan {
  readonly size: PlatformSize;
  readonly seed: number;
  readonly producers: readonly Producer[];
  /** First topic of each depth; one more for the end of the deepest. */
  readonly depthStarts: readonly number[];
  readonly sinks: number;
}

export function planPlatform(size: PlatformSize, seed: number): PlatformPlan {
  const random = new SeededRandom(seed);
  const lengths = chainLengths(size, random);
  const chained = lengths.reduce((sum, length) => sum + length, 0);
  const depthStarts = startsOf(size.topics - chained);
  const sinks = Math.round(size.jobs * SINKS);
  const layered = size.jobs - sinks - chained;
  const producers: Producer[] = [];
  for (let depth = 0; depth < DEPTHS.length; depth++) {
    const [from, to] = [depthStarts[depth] ?? 0, depthStarts[depth + 1] ?? 0];
    const end = depth === DEPTHS.length - 1 ? layered : Math.round((layered * to) / (size.topics - chained));
    producers.push(...share(from, to, { depth, firstJob: producers.length, jobs: end - producers.length }, random));
  }
  return { size, seed, producers: [...producers, ...chains(lengths, { firstTopic: size.topics - chained, firstJob: producers.length, sources: depthStarts[1] ?? 1 })], depthStarts, sinks };
}

function chainLengths({ topics }: PlatformSize, random: SeededRandom): number[] {
  const lengths: number[] = [];
  // A small platform has one chain all the same: its shortest takes more than the share.
  for (let left = Math.max(CHAIN_LENGTH[0], Math.round(topics * CHAINED)); left >= CHAIN_LENGTH[0]; left -= lengths.at(-1) ?? left) {
    lengths.push(Math.min(left, random.whole(...CHAIN_LENGTH)));
  }
  return lengths;
}

function startsOf(topics: number): number[] {
  let share = 0;
  return [0, ...DEPTHS.map((part) => Math.round((share += part) * topics))];
}

/** Shares the topics of one depth among its jobs, one to four each. */
function share(from: number, to: number, { depth, firstJob, jobs }: { readonly depth: number; readonly firstJob: number; readonly jobs: number }, random: SeededRandom): Producer[] {
  const borders = Array.from({ length: jobs + 1 }, (_, i) => (i === 0 ? from : i === jobs ? to : from + Math.floor((i * (to - from)) / jobs + random.next())));
  return Array.from({ length: jobs }, (_, i) => ({ job: firstJob + i, depth, firstTopic: borders[i] ?? to, topics: (borders[i + 1] ?? to) - (borders[i] ?? to), after: null }));
}

function chains(lengths: readonly number[], { firstTopic, firstJob, sources }: { readonly firstTopic: number; readonly firstJob: number; readonly sources: number }): Producer[] {
  let made = 0;
  return lengths.flatMap((length, chain) =>
    Array.from({ length }, (_, link): Producer => {
      const [topic, job] = [firstTopic + made, firstJob + made++];
      return { job, depth: link + 1, firstTopic: topic, topics: 1, after: link === 0 ? chain % sources : topic - 1 };
    }),
  );
}

/** Share of jobs with so many inputs; one in a hundred joins ten to forty. */
const INPUTS = [0.65, 0.2, 0.08, 0.03, 0.02, 0.01] as const;
const WIDE_INPUTS = [10, 40] as const;

/** The topics a job reads: one of the depth before its own, others of any before; a few topics are read by very many. */
export function inputsOf({ depthStarts, seed }: PlatformPlan, { job, depth, after }: Producer): number[] {
  if (after !== null) return [after];
  if (depth === 0) return [];
  const random = new SeededRandom(seedOf(seed, -1 - job));
  const inputs = new Set([zipf(depthStarts[depth - 1] ?? 0, depthStarts[depth] ?? 0, random)]);
  const wanted = numberOfInputs(random);
  const below = depthStarts[depth] ?? 0;
  for (let tries = 0; inputs.size < wanted && tries < 2 * wanted; tries++) inputs.add(zipf(0, below, random));
  return [...inputs];
}

function numberOfInputs(random: SeededRandom): number {
  let roll = random.next();
  for (const [i, part] of INPUTS.entries()) if ((roll -= part) < 0) return i + 1;
  return random.whole(...WIDE_INPUTS);
}

/** A number in [from, to), the n-th as often as 1/n. */
export function zipf(from: number, to: number, random: SeededRandom): number {
  return from + Math.min(to - from - 1, Math.floor(Math.exp(random.next() * Math.log(to - from + 1))) - 1);
}
