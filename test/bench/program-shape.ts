import type { WireDerivation, WireUse, WireWrite } from '../../ingest/contracts/events.ts';
import { SeededRandom } from '../../ingest/demo/seeded-random.ts';
import type { Named } from '../../server/catalog/names.ts';

/** What a program reads or writes, with the paths in it. */
export interface Port {
  readonly dataset: Named;
  readonly paths: readonly string[];
  readonly schema: string | null;
}
export interface ProgramShape {
  readonly reads: readonly WireUse[];
  readonly writes: readonly WireWrite[];
}

/** Share of readers of whom nobody knows what they read. */
export const UNKNOWN_USE = 0.05;
/** Of the outputs of jobs with several inputs, those made of two to four; with `INPUTS` that is 15 % of all outputs. */
const MERGED = 0.43;
const UNION_SHARE = 0.5;
const WHY: readonly [readonly string[], ...(readonly string[])[]] = [['FILTER'], ['JOIN'], ['GROUP'], ['WATERMARK']];

/** A job's program: each output field from the inputs' fields, some from several. */
export function programShape(inputs: readonly Port[], outputs: readonly Port[], { seed, extraOrigin }: { readonly seed: number; readonly extraOrigin: number }): ProgramShape {
  const random = new SeededRandom(seed);
  if (random.chance(UNKNOWN_USE)) return opaque(inputs, outputs);
  const read = inputs.map(() => new Set<number>());
  const mapping = new Mapping(inputs, read, random, extraOrigin);
  const writes = outputs.map(({ dataset, paths, schema }, i) => ({ dataset, writerSchema: i === 0 ? schema : null, derivations: mapping.derivations(paths, sourcesOf(inputs.length, i, random)) }));
  return { reads: inputs.map((input, i) => useOf(input, read[i] ?? new Set(), random)), writes };
}

/** Copies every field of one dataset to another, as connectors do. */
export function copyShape(from: Port, to: Port): ProgramShape {
  const derivations = to.paths.map((path, i) => ({ to: path, from: [{ read: 0, path: from.paths[i] ?? path, identity: true }] }));
  return { reads: [{ dataset: from.dataset, readerSchema: null, fields: from.paths.map((path) => ({ path, why: [] })), whole: true, evolution: 'OPT_IN' }], writes: [{ dataset: to.dataset, writerSchema: null, derivations }] };
}

function opaque(inputs: readonly Port[], outputs: readonly Port[]): ProgramShape {
  return {
    reads: inputs.map(({ dataset }) => ({ dataset, readerSchema: null, fields: null, whole: true, evolution: null })),
    writes: outputs.map(({ dataset }) => ({ dataset, writerSchema: null, derivations: null })),
  };
}

/** The inputs one output is made of, and whether it is their union. */
interface Sources {
  readonly reads: readonly number[];
  readonly isUnion: boolean;
}
function sourcesOf(inputs: number, output: number, random: SeededRandom): Sources {
  const merged = inputs > 1 && random.chance(MERGED);
  const first = output % inputs;
  if (!merged) return { reads: [first], isUnion: false };
  const count = Math.min(inputs, random.whole(2, 4));
  return { reads: Array.from({ length: count }, (_, i) => (first + i) % inputs), isUnion: random.chance(UNION_SHARE) };
}

class Mapping {
  readonly #inputs: readonly Port[];
  readonly #read: readonly Set<number>[];
  readonly #random: SeededRandom;
  readonly #extraOrigin: number;

  constructor(inputs: readonly Port[], read: readonly Set<number>[], random: SeededRandom, extraOrigin: number) {
    this.#inputs = inputs;
    this.#read = read;
    this.#random = random;
    this.#extraOrigin = extraOrigin;
  }

  derivations(paths: readonly string[], { reads, isUnion }: Sources): WireDerivation[] {
    return paths.map((to, i) => {
      const from = isUnion ? reads.map((read) => this.#origin(read, i, true)) : [this.#origin(reads[i % reads.length] ?? 0, Math.floor(i / reads.length), true)];
      const extra = this.#random.chance(this.#extraOrigin) ? [this.#origin(reads[0] ?? 0, i + 1 + this.#random.whole(0, 20), false)] : [];
      return { to, from: [...from, ...extra.filter((e) => !from.some((f) => f.read === e.read && f.path === e.path))] };
    });
  }

  #origin(read: number, position: number, identity: boolean): WireDerivation['from'][number] {
    const paths = this.#inputs[read]?.paths ?? [];
    const at = position % paths.length;
    this.#read[read]?.add(at);
    return { read, path: paths[at] ?? '', identity };
  }
}

function useOf({ dataset, paths }: Port, read: ReadonlySet<number>, random: SeededRandom): WireUse {
  const conditioned = random.whole(0, paths.length - 1);
  const why = random.pick(WHY);
  const values = [...read].map((at) => ({ path: paths[at] ?? '', why: at === conditioned ? ['VALUE', ...why] : [] }));
  return { dataset, readerSchema: null, fields: read.has(conditioned) ? values : [...values, { path: paths[conditioned] ?? '', why }], whole: true, evolution: 'OPT_OUT' };
}
