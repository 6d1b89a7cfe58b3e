import { SeededRandom, seedOf } from '../../ingest/demo/seeded-random.ts';

/** A topic's schema and every path in it, in the order the catalog lists them. */
export interface TopicShape {
  readonly schema: string;
  readonly paths: readonly string[];
}

const MAX_FIELDS = 2_000;
const MAX_DEPTH = 6;
/** Spread of the number of fields: many small schemas, a few of up to two thousand fields. */
const SIGMA = 1.2;
const RECURSIVE_SHARE = 0.01;

const WORDS = (
  'id account profile title episode device session country region language currency amount price tax discount quantity total status reason source target kind type version created updated ' +
  'started ended expires valid email phone name first last display street city zip address latitude longitude score rank weight confidence bucket cell experiment campaign partner vendor channel ' +
  'platform model os browser agent ip host port path query referrer bytes packets latency duration bitrate codec resolution frame segment position offset page view click impression conversion ' +
  'plan tier trial invoice charge refund method card issuer country_code balance credit debit ledger batch job task attempt error code message trace span parent root label tag flag note comment'
).split(' ');
/** With the share of fields that have the type. */
const SCALARS = [
  '"string"', '"string"', '"string"', '"string"', '"long"', '"long"', '"int"', '"double"', '"boolean"', '["null","string"]', '["null","string"]', '["null","long"]',
  '{"type":"long","logicalType":"timestamp-millis"}', '{"type":"bytes","logicalType":"decimal","precision":12,"scale":2}', '{"type":"array","items":"string"}', '{"type":"map","values":"string"}',
] as const;

/**
 * How many fields topic number `index` has: lognormal around the mean. Evenly spread points stand for
 * random ones, so that a small platform has the mean of a large one.
 */
export function fieldCount(index: number, mean: number): number {
  const [u, v] = [(0.5 + (index + 1) * 0.7548776662466927) % 1, (0.5 + (index + 1) * 0.5698402909980532) % 1];
  const normal = Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);
  return Math.min(MAX_FIELDS, Math.max(1, Math.round(Math.exp(Math.log(mean) - SIGMA ** 2 / 2 + SIGMA * normal))));
}

/** The schema of topic number `index`, with exactly so many paths; fewer fields is an older version of it. */
export function topicShape(index: number, fields: number, seed: number): TopicShape {
  const paths: string[] = [];
  const schema = new ShapeMaker(`bench.t${index}`, new SeededRandom(seedOf(seed, index)), paths).root(fields);
  return { schema, paths };
}

class ShapeMaker {
  readonly #namespace: string;
  readonly #random: SeededRandom;
  readonly #paths: string[];
  #records = 0;

  constructor(namespace: string, random: SeededRandom, paths: string[]) {
    this.#namespace = namespace;
    this.#random = random;
    this.#paths = paths;
  }

  root(fields: number): string {
    const recursive = fields > 1 && this.#random.chance(RECURSIVE_SHARE);
    const inner = this.#fields(recursive ? fields - 1 : fields, '', 1);
    if (recursive) this.#paths.push('enclosing');
    return `{"type":"record","name":"Root","namespace":"${this.#namespace}","fields":[${inner}${recursive ? ',{"name":"enclosing","type":["null","Root"],"default":null}' : ''}]}`;
  }

  /** Fields that take exactly so many paths together. */
  #fields(budget: number, before: string, depth: number): string {
    const start = this.#random.whole(0, WORDS.length - 1);
    const made: string[] = [];
    for (let left = budget; left > 0; ) {
      const word = WORDS[(start + made.length) % WORDS.length] ?? '';
      const round = Math.floor(made.length / WORDS.length);
      const name = round === 0 ? word : `${word}_${round + 1}`;
      this.#paths.push(before + name);
      const [type, used] = this.#type(before + name, left - 1, depth);
      const isOptional = type.startsWith('["null"');
      made.push(`{"name":"${name}","type":${type}${isOptional ? ',"default":null' : ''}${this.#random.chance(0.1) ? `,"doc":"The ${name.replaceAll('_', ' ')}, as its owner reports it"` : ''}}`);
      left -= 1 + used;
    }
    return made.join(',');
  }

  /** A type for the field at a path and how many paths lie inside it. */
  #type(path: string, left: number, depth: number): readonly [string, number] {
    const roll = this.#random.next();
    if (roll > 0.12 || left < 3 || depth >= MAX_DEPTH) return [this.#random.pick(SCALARS), 0];
    const size = Math.min(left, this.#random.whole(2, 8));
    if (roll > 0.05) return [this.#record(size, `${path}.`, depth), size];
    if (roll > 0.02) return [`{"type":"array","items":${this.#record(size, `${path}[].`, depth)}}`, size];
    if (roll > 0.01) return [`{"type":"map","values":${this.#record(size, `${path}{}.`, depth)}}`, size];
    const branches = [1, size - 1].map((part) => this.#record(part, (name) => `${path}<${this.#namespace}.${name}>.`, depth));
    return [`[${branches.join(',')}]`, size];
  }

  #record(fields: number, before: string | ((name: string) => string), depth: number): string {
    const name = `R${++this.#records}`;
    return `{"type":"record","name":"${name}","fields":[${this.#fields(fields, typeof before === 'string' ? before : before(name), depth + 1)}]}`;
  }
}
