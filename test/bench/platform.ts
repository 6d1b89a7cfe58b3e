import { parseArgs } from 'node:util';
import type { AuditPayloads, ControlPayloads } from '../../ingest/contracts/events.ts';
import type { SampleEvent } from '../../ingest/demo/encode.ts';
import { SeededRandom, seedOf } from '../../ingest/demo/seeded-random.ts';
import type { Named } from '../../server/catalog/names.ts';
import { addFeedback } from './feedback.ts';
import { inputsOf, type PlatformPlan, planPlatform, type Producer, type SizeName, SIZES, zipf } from './platform-plan.ts';
import { countPlatform } from './platform-count.ts';
import { copyShape, type Port, programShape, UNKNOWN_USE } from './program-shape.ts';
import { fieldCount, type TopicShape, topicShape } from './topic-shape.ts';

/** All events of a platform lie this far apart, from this moment on. */
const START = Date.UTC(2026, 0, 1);
const STEP_MS = 20;
/** Share of the topics without a job before them that change data brings in; applications write the others. */
const CDC_SHARE = 0.7;
const OBSERVED_SHARE = 0.35;
const LEVEL_SHARE = 0.1;
const TOPICS_PER_TEAM = 125;
const JOBS_PER_PIPELINE = 8;
/** Fields a consumer reads, at most. */
const CONSUMER_FIELDS = 12;
/** Spreads the topics with the most consumers over all depths; shares no factor with any size. */
const HUB_STRIDE = 7_919;

/**
 * A whole platform as the events that tell of it, made as they are asked for: nothing is held but the plan.
 * The same size and seed give the same events.
 */
export function* generatePlatform({ size, seed }: { readonly size: SizeName; readonly seed: number }): Generator<SampleEvent> {
  const platform = new Platform(planPlatform(SIZES[size], seed));
  yield* platform.teams();
  yield* platform.produced();
  yield* platform.drained();
  yield* platform.consumed();
  yield* platform.fedBack();
}

export class Platform {
  readonly plan: PlatformPlan;
  #sequence = 0;

  constructor(plan: PlatformPlan) {
    this.plan = plan;
  }

  *teams(): Generator<SampleEvent> {
    for (let team = 0; team * TOPICS_PER_TEAM < this.plan.size.topics; team++) yield this.#control('io.sluice.control.TeamDeclared', `team-${team}`, { name: `team-${team}`, contact: `#team-${team}`, members: [] });
  }

  /** Topics with the jobs that write them, those that are read before those that read. */
  *produced(): Generator<SampleEvent> {
    for (const producer of this.plan.producers) {
      for (let i = 0; i < producer.topics; i++) yield* this.#topic(producer.firstTopic + i);
      yield this.deployed(producer);
    }
  }

  *drained(): Generator<SampleEvent> {
    const firstJob = this.plan.producers.length;
    for (let i = 0; i < this.plan.sinks; i++) {
      const topic = Math.floor(((i + 0.5) * this.plan.size.topics) / this.plan.sinks);
      const from = this.port(topic);
      yield this.#deploy(firstJob + i, topic, 'SINK_CONNECTOR', copyShape(from, { ...from, dataset: { namespace: 'iceberg://lake', name: `bench.t${topic}` } }));
    }
  }

  *consumed(): Generator<SampleEvent> {
    for (let consumer = 0; consumer < this.plan.size.consumers; consumer++) {
      const random = new SeededRandom(seedOf(this.plan.seed, 3_000_000 + consumer));
      const topic = (zipf(0, this.plan.size.topics, random) * HUB_STRIDE + 1) % this.plan.size.topics;
      yield this.#consumer(consumer, topic, random);
    }
  }

  fedBack(): Generator<SampleEvent> {
    return addFeedback(this);
  }

  deployed(producer: Producer, change: (program: ReturnType<typeof programShape>) => ReturnType<typeof programShape> = (same) => same): SampleEvent {
    return this.#deploy(producer.job, producer.firstTopic, producer.depth === 0 ? 'SOURCE_CONNECTOR' : producer.job % 3 === 0 ? 'FLINK_JAR' : 'FLINK_SQL', change(this.programOf(producer)));
  }

  programOf(producer: Producer): ReturnType<typeof programShape> {
    const { plan } = this;
    const outputs = Array.from({ length: producer.topics }, (_, i) => this.port(producer.firstTopic + i));
    if (producer.depth > 0) return programShape(inputsOf(plan, producer).map((topic) => this.port(topic)), outputs, { seed: seedOf(plan.seed, 1_000_000 + producer.job), extraOrigin: plan.size.extraOrigin });
    if (producer.job % 10 >= CDC_SHARE * 10) return { reads: [], writes: outputs.map(({ dataset, schema }) => ({ dataset, writerSchema: schema, derivations: [] })) };
    const copies = outputs.map((to) => copyShape({ ...to, dataset: { namespace: `postgres://db-${producer.job}:5432`, name: `public.${to.dataset.name}` } }, to));
    return {
      reads: copies.flatMap(({ reads }) => reads),
      writes: copies.flatMap(({ writes }, read) => writes.map((write) => ({ ...write, derivations: (write.derivations ?? []).map(({ to, from }) => ({ to, from: from.map((origin) => ({ ...origin, read })) })) }))),
    };
  }

  port(topic: number): Port {
    const { schema, paths } = this.#shape(topic);
    return { dataset: topicName(topic), schema, paths };
  }

  #shape(topic: number, fewer = 0): TopicShape {
    return topicShape(topic, Math.max(1, fieldCount(topic, this.plan.size.meanFields) - fewer), this.plan.seed);
  }

  *#topic(topic: number): Generator<SampleEvent> {
    const random = new SeededRandom(seedOf(this.plan.seed, 2_000_000 + topic));
    const dataset = topicName(topic);
    const subject = { namespace: 'registry://main', name: `${dataset.name}-value` };
    yield this.#control('io.sluice.control.DatasetDeclared', dataset.name, {
      dataset, kind: 'TOPIC', platform: 'kafka', cluster: 'main', schema: null, owner: teamOf(topic),
      description: random.chance(0.5) ? `Records of ${dataset.name}` : null, tags: random.chance(0.1) ? [random.pick(['pii', 'finance', 'gold'])] : null,
    });
    if (random.chance(LEVEL_SHARE)) yield this.#control('io.sluice.control.SubjectConfigured', subject.name, { subject, level: 'BACKWARD_TRANSITIVE' });
    let versions = 1;
    if (random.chance(this.plan.size.evolved)) do versions++; while (random.chance(0.7));
    for (let version = 1; version <= versions; version++) {
      const { schema } = this.#shape(topic, versions - version);
      yield this.#control('io.sluice.control.SchemaRegistered', subject.name, { subject, version, schemaId: topic * 100 + version, schemaType: 'AVRO', schema, references: [], deleted: false, dataset, part: 'VALUE' });
    }
  }

  #deploy(job: number, topic: number, kind: ControlPayloads['io.sluice.control.JobDeployed']['kind'], program: ReturnType<typeof programShape>): SampleEvent {
    const name = `job-${job}`;
    const pipeline = { namespace: 'mesh', name: `pipeline-${Math.floor(job / JOBS_PER_PIPELINE)}` };
    return this.#control('io.sluice.control.JobDeployed', name, { job: { namespace: 'flink://main', name }, kind, processor: null, pipeline, owner: teamOf(topic), artifactDigest: null, description: null, ...program });
  }

  #consumer(number: number, topic: number, random: SeededRandom): SampleEvent {
    const { dataset, paths } = this.port(topic);
    const consumer = { namespace: 'kafka://main', name: `group-${number}` };
    const fields = random.chance(UNKNOWN_USE) ? null : [...new Set(Array.from({ length: random.whole(1, CONSUMER_FIELDS) }, () => paths[zipf(0, paths.length, random)] ?? ''))];
    if (random.chance(OBSERVED_SHARE)) {
      return this.#audit('io.sluice.audit.ConsumptionObserved', consumer.name, { readerKind: 'CONSUMER', reader: consumer, dataset, readerSchemaId: null, fields, windowStart: START, windowEnd: START + 3_600_000 });
    }
    const reads = [{ dataset, readerSchema: null, fields: fields?.map((path) => ({ path, why: [] })) ?? null, whole: true, evolution: null }];
    return this.#control('io.sluice.control.ConsumerDeclared', consumer.name, { consumer, kind: 'CONSUMER_GROUP', owner: teamOf(number % this.plan.size.topics), contact: null, description: null, reads });
  }

  #control<K extends keyof ControlPayloads>(kind: K, key: string, payload: ControlPayloads[K]): SampleEvent {
    return { topic: 'control', key, event: { ...this.#envelope(), payload: { [kind]: payload } as never } };
  }
  #audit<K extends keyof AuditPayloads>(kind: K, key: string, payload: AuditPayloads[K]): SampleEvent {
    return { topic: 'audit', key, event: { ...this.#envelope(), payload: { [kind]: payload } as never } };
  }
  #envelope(): { readonly id: string; readonly occurredAt: number; readonly sequence: number; readonly actor: string } {
    const sequence = ++this.#sequence;
    return { id: `bench-${sequence}`, occurredAt: START + sequence * STEP_MS, sequence, actor: 'bench' };
  }
}

function topicName(topic: number): Named {
  return { namespace: 'kafka://main', name: `t${topic}` };
}
function teamOf(topic: number): string {
  return `team-${Math.floor(topic / TOPICS_PER_TEAM)}`;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { size: { type: 'string', default: 'S' }, seed: { type: 'string', default: '1' } } });
  const size = values.size === 'M' ? 'M' : 'S';
  const started = performance.now();
  const counts = countPlatform(generatePlatform({ size, seed: Number(values.seed) }));
  process.stdout.write(`${JSON.stringify({ size, seconds: Math.round(performance.now() - started) / 1_000, rssMb: Math.round(process.memoryUsage.rss() / 1e6), ...counts }, null, 2)}\n`);
}
