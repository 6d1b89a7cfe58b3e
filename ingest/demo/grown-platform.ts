import type { Named } from '../../server/catalog/names.ts';
import { connector, derived, EventMaker, flinkJob, pipeline, processor, use } from './event-maker.ts';
import { derivationsOf, RECIPES, type Column, type Recipe, usesOf } from './grown-recipes.ts';
import { consumersOf } from './grown-readers.ts';
import { addFeedback } from './grown-feedback.ts';
import { announce, fieldsOfThing, type GrownTopic, grownTopic } from './grown-topics.ts';
import { DOMAINS } from './grown-words.ts';
import type { SampleEvent } from './encode.ts';
import { SeededRandom } from './seeded-random.ts';

/** Jobs in each domain, one topic each, in this many layers. */
const JOBS_PER_DOMAIN = 14;
const LAYERS = 5;
/** How often an input comes from another domain: pipelines share topics. */
const FOREIGN_INPUT = 0.25;
/** Registry ids of the grown part begin here, so that they never meet those of the hand-written one. */
const FIRST_SCHEMA_ID = 1_000;
const IDS_PER_TOPIC = 4;

type Domain = (typeof DOMAINS)[number];
type Source = { readonly platform: string; readonly address: string } | { readonly platform: null };
const SOURCES: readonly [Source, ...Source[]] = [
  { platform: 'postgresql', address: 'postgres://{}-db:5432' }, { platform: 'mysql', address: 'mysql://{}-db:3306' }, { platform: 'cockroachdb', address: 'cockroachdb://{}-db:26257' },
  { platform: 'cassandra', address: 'cassandra://{}-db:9042' }, { platform: null },
];

/** A few hundred topics with the jobs, sinks and consumers around them, grown from a seed. */
export function grownPlatform(now: number, seed: number): readonly SampleEvent[] {
  const random = new SeededRandom(seed);
  const grower = new Grower(new EventMaker('grown', now), random);
  for (const domain of DOMAINS) grower.domain(domain);
  for (const domain of DOMAINS) grower.things(domain);
  for (let layer = 1; layer <= LAYERS; layer++) for (const domain of DOMAINS) grower.layer(domain, layer);
  for (const domain of DOMAINS) grower.sinks(domain);
  addFeedback(grower.maker);
  consumersOf(grower.topics, grower.maker, random);
  return grower.maker.events;
}

class Grower {
  readonly maker: EventMaker;
  readonly topics: GrownTopic[] = [];
  readonly #byDomain = new Map<string, GrownTopic[]>();
  readonly #random: SeededRandom;

  constructor(maker: EventMaker, random: SeededRandom) {
    this.maker = maker;
    this.#random = random;
  }

  domain({ name, about }: Domain): void {
    this.maker.control('io.sluice.control.TeamDeclared', 89, { name: `team-${name}`, contact: `#${name}`, members: [`${name}-lead`, `${name}-on-call`] });
    this.maker.control('io.sluice.control.PipelineDeclared', 88, { pipeline: pipeline(name), description: about, owner: `team-${name}` });
  }

  things({ name: domain, things }: Domain): void {
    for (const thing of things) {
      const grown = this.#add(domain, grownTopic(`${domain}-${thing}`, `team-${domain}`, fieldsOfThing(thing, this.#random)), 86, `Each ${thing.replaceAll('-', ' ')} as it happens`);
      this.#bringIn(domain, thing, grown);
    }
  }

  layer(domain: Domain, layer: number): void {
    const jobs = Math.floor((JOBS_PER_DOMAIN * layer) / LAYERS) - Math.floor((JOBS_PER_DOMAIN * (layer - 1)) / LAYERS);
    const known = [...(this.#byDomain.get(domain.name) ?? [])];
    for (let i = 0; i < jobs; i++) this.#derive(domain.name, this.#random.pick(RECIPES), known, 80 - layer * 12);
  }

  /** Takes some of what a domain makes out of Kafka, or to another cluster. */
  sinks({ name: domain }: Domain): void {
    const made = (this.#byDomain.get(domain) ?? []).slice(-JOBS_PER_DOMAIN);
    const targets: readonly ((name: string) => SinkTarget)[] = [
      (name) => ({ dataset: { namespace: 'iceberg://lake', name: `${domain}.${name.replaceAll('-', '_')}` }, kind: 'ICEBERG_TABLE', platform: 'iceberg', cluster: 'lake', processor: 'iceberg-sink' }),
      (name) => ({ dataset: { namespace: 'elasticsearch://search', name }, kind: 'SEARCH_INDEX', platform: 'elasticsearch', cluster: 'search', processor: 'elasticsearch-sink' }),
      (name) => ({ dataset: { namespace: 'kafka://edge', name }, kind: 'TOPIC', platform: 'kafka', cluster: 'edge', processor: 'kafka-sink' }),
    ];
    for (const [i, target] of targets.entries()) {
      const source = made[made.length - 1 - i * 3];
      if (source !== undefined) this.#sink(domain, source, target(source.name));
    }
  }

  #add(domain: string, grown: GrownTopic, daysAgo: number, description: string): GrownTopic {
    announce(this.maker, grown, { daysAgo, description, firstSchemaId: FIRST_SCHEMA_ID + this.topics.length * IDS_PER_TOPIC, random: this.#random });
    this.topics.push(grown);
    this.#byDomain.set(domain, [...(this.#byDomain.get(domain) ?? []), grown]);
    return grown;
  }

  #bringIn(domain: string, thing: string, grown: GrownTopic): void {
    const source = this.#random.pick(SOURCES);
    const owner = `team-${domain}`;
    if (source.platform === null) {
      const written = derived(grown.dataset, grown.schema, Object.fromEntries(grown.paths.map((path) => [path, []])));
      this.maker.deploy(84, { job: { namespace: `app://${domain}`, name: `${thing}-service` }, kind: 'APPLICATION', owner, description: `Reports each ${thing.replaceAll('-', ' ')}`, reads: [], writes: [written] });
      return;
    }
    const table: Named = { namespace: source.address.replace('{}', domain), name: `${domain}.public.${thing.replaceAll('-', '_')}` };
    this.maker.control('io.sluice.control.DatasetDeclared', 87, { dataset: table, kind: 'TABLE', platform: source.platform, cluster: `${domain}-db`, schema: grown.schema, owner, description: null, tags: null });
    const mapping = Object.fromEntries(grown.paths.map((path) => [path, [`=${path}`]]));
    this.maker.deploy(84, { job: connector(`${grown.name}-cdc`), kind: 'SOURCE_CONNECTOR', owner, description: `Change data of ${table.name}`, reads: [use(table, grown.paths)], writes: [derived(grown.dataset, grown.schema, mapping)] });
  }

  #derive(domain: string, recipe: Recipe, known: readonly GrownTopic[], daysAgo: number): void {
    const inputs = this.#inputs(recipe.inputs, known);
    const made = recipe.make(inputs, this.#random);
    const columns = uniquely(made.columns);
    const name = this.#freeName(`${inputs[0]?.name.replace(/^[a-z]+-/, `${domain}-`)}-${recipe.suffix}`);
    const grown = this.#add(domain, grownTopic(name, `team-${domain}`, columns.map(({ field }) => field)), daysAgo, `${recipe.suffix} of ${inputs.map((input) => input.name).join(' and ')}`);
    const derivations = derivationsOf(columns, grown, inputs);
    const opaque = this.#random.chance(0.05);
    const reads = opaque ? inputs.map(({ dataset }) => use(dataset, null)) : usesOf(recipe, { ...made, columns }, derivations, inputs);
    this.maker.deploy(daysAgo - 1, {
      job: flinkJob(name), kind: opaque ? 'FLINK_JAR' : recipe.kind, processor: recipe.processor === null ? null : processor(recipe.processor), pipeline: pipeline(domain), owner: `team-${domain}`,
      description: null, reads, writes: [{ dataset: grown.dataset, writerSchema: grown.schema, derivations: opaque ? null : derivations }],
    });
    this.maker.control('io.sluice.control.JobStateChanged', daysAgo - 1.01, { job: flinkJob(name), state: this.#random.chance(0.04) ? this.#random.pick(['PAUSED', 'FAILED', 'STOPPED']) : 'RUNNING' });
  }

  #inputs(wanted: number, known: readonly GrownTopic[]): GrownTopic[] {
    const inputs = new Set<GrownTopic>();
    for (let tries = 0; inputs.size < wanted && tries < 20; tries++) {
      const from = this.#random.chance(FOREIGN_INPUT) ? this.topics : known;
      const [head, ...rest] = from;
      if (head !== undefined) inputs.add(this.#random.pick([head, ...rest]));
    }
    return [...inputs];
  }

  #freeName(name: string): string {
    const taken = (candidate: string): boolean => this.topics.some((other) => other.name === candidate);
    for (let n = 1; ; n++) {
      const candidate = n === 1 ? name : `${name}-${n}`;
      if (!taken(candidate)) return candidate;
    }
  }

  #sink(domain: string, source: GrownTopic, { dataset, processor: stock, ...target }: SinkTarget): void {
    const owner = `team-${domain}`;
    this.maker.control('io.sluice.control.DatasetDeclared', 15, { dataset, ...target, schema: source.schema, owner, description: `Copy of ${source.name}`, tags: null });
    const mapping = Object.fromEntries(source.paths.map((path) => [path, [`=${path}`]]));
    this.maker.deploy(14, {
      job: connector(`${source.name}-to-${target.cluster}`), kind: 'SINK_CONNECTOR', processor: processor(stock), pipeline: pipeline(domain), owner, description: null,
      reads: [use(source.dataset, source.paths, { evolution: 'OPT_IN' })], writes: [derived(dataset, source.schema, mapping)],
    });
  }
}

interface SinkTarget {
  readonly dataset: Named;
  readonly kind: 'ICEBERG_TABLE' | 'SEARCH_INDEX' | 'TOPIC';
  readonly platform: string;
  readonly cluster: string;
  readonly processor: string;
}

/** The first of the columns with one name. */
function uniquely(columns: readonly Column[]): Column[] {
  const byName = new Map<string, Column>();
  for (const column of columns) if (!byName.has(column.field.name)) byName.set(column.field.name, column);
  return [...byName.values()];
}
