import type { AuditPayloads, ControlPayloads } from '../../ingest/contracts/events.ts';
import type { SampleEvent } from '../../ingest/demo/encode.ts';
import { fieldFacts } from '../../server/catalog/avro/fields.ts';
import { parseSchema } from '../../server/catalog/avro/parse.ts';

/** What a stream of events adds up to once it is a graph. */
export interface PlatformCounts {
  readonly events: number;
  readonly topics: number;
  readonly versions: number;
  readonly jobs: number;
  readonly consumers: number;
  /** Fields in the newest schemas of the topics. */
  readonly fields: number;
  /** DERIVES edges. */
  readonly fieldEdges: number;
  /** READS edges, those of jobs and consumers. */
  readonly reads: number;
  /** Jobs and consumers that read a topic of which nobody knows what they read. */
  readonly unknownReaders: number;
  /** Readers of the topic that most read. */
  readonly largestHub: number;
}

interface Reader {
  readonly isJob: boolean;
  readonly derived: number;
  readonly reads: number;
  readonly unknown: boolean;
  readonly datasets: readonly string[];
}
type Payloads = Partial<ControlPayloads & AuditPayloads>;

/** Counts a stream of events; of what is said twice of one thing, the later counts. */
export function countPlatform(events: Iterable<SampleEvent>): PlatformCounts {
  const fields = new Map<string, number>();
  const readers = new Map<string, Reader>();
  let [total, topics, versions] = [0, 0, 0];
  for (const { event } of events) {
    total++;
    const payload = event.payload as Payloads;
    const schema = payload['io.sluice.control.SchemaRegistered'];
    if (payload['io.sluice.control.DatasetDeclared'] !== undefined) topics++;
    if (schema !== undefined) {
      versions++;
      fields.set(schema.subject.name, fieldsIn(schema.schema));
    }
    const [name, reader] = readerIn(payload) ?? [];
    if (name !== undefined && reader !== undefined) readers.set(name, reader);
  }
  const all = [...readers.values()];
  const byDataset = Map.groupBy(all.flatMap(({ datasets }) => datasets), (dataset) => dataset);
  return {
    events: total, topics, versions, jobs: count(all, ({ isJob }) => isJob), consumers: count(all, ({ isJob }) => !isJob), fields: sum([...fields.values()]),
    fieldEdges: sum(all.map(({ derived }) => derived)), reads: sum(all.map(({ reads }) => reads)), unknownReaders: count(all, ({ unknown }) => unknown),
    largestHub: [...byDataset.values()].reduce((most, { length }) => Math.max(most, length), 0),
  };
}

function readerIn(payload: Payloads): readonly [string, Reader] | null {
  const job = payload['io.sluice.control.JobDeployed'];
  const declared = payload['io.sluice.control.ConsumerDeclared'];
  const seen = payload['io.sluice.audit.ConsumptionObserved'];
  if (seen !== undefined) return [seen.reader.name, { isJob: false, derived: 0, reads: seen.fields?.length ?? 0, unknown: seen.fields === null, datasets: [seen.dataset.name] }];
  const [name, program] = job !== undefined ? [job.job.name, job] : [declared?.consumer.name, declared];
  if (name === undefined || program === undefined) return null;
  const derived = sum(job?.writes.flatMap(({ derivations }) => derivations?.map(({ from }) => from.length) ?? []) ?? []);
  const { reads } = program;
  return [name, { isJob: job !== undefined, derived, reads: sum(reads.map((use) => use.fields?.length ?? 0)), unknown: reads.some((use) => use.fields === null), datasets: reads.map(({ dataset }) => dataset.name) }];
}

function fieldsIn(schema: string): number {
  const parsed = parseSchema(schema);
  if (parsed.outcome === 'refused') throw new Error(`the generator made a schema that is none: ${parsed.message}`);
  return fieldFacts(parsed.schema).length;
}
function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
function count<T>(list: readonly T[], holds: (item: T) => boolean): number {
  return list.filter(holds).length;
}
