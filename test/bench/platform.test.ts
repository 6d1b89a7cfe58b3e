import { beforeAll, describe, expect, test } from 'vitest';
import { changesFrom } from '../../ingest/changes-from.ts';
import type { ControlPayloads } from '../../ingest/contracts/events.ts';
import { contractType } from '../../ingest/decode/wire-schemas.ts';
import type { SampleEvent } from '../../ingest/demo/encode.ts';
import { fieldFacts } from '../../server/catalog/avro/fields.ts';
import { parseSchema } from '../../server/catalog/avro/parse.ts';
import { countPlatform, type PlatformCounts } from './platform-count.ts';
import { SIZES } from './platform-plan.ts';
import { generatePlatform } from './platform.ts';
import { fieldCount, topicShape } from './topic-shape.ts';

let events: readonly SampleEvent[];
let counts: PlatformCounts;
let jobs: readonly ControlPayloads['io.sluice.control.JobDeployed'][];
beforeAll(() => {
  events = [...generatePlatform({ size: 'S', seed: 1 })];
  counts = countPlatform(events);
  jobs = events.flatMap(({ event }) => {
    const job = (event.payload as Partial<ControlPayloads>)['io.sluice.control.JobDeployed'];
    return job === undefined ? [] : [job];
  });
});
const within = (figure: number, wanted: number): void => expect(Math.abs(figure / wanted - 1), `${figure} for ${wanted}`).toBeLessThan(0.03);

test('a platform of size S has the numbers it is asked to have', () => {
  expect([counts.topics, counts.jobs, counts.consumers]).toEqual([SIZES.S.topics, SIZES.S.jobs, SIZES.S.consumers]);
  within(counts.fields, 130_000);
  within(counts.fieldEdges, 200_000);
});

test('size M plans the fields of a platform of Netflix’s size', () => {
  let fields = 0;
  for (let topic = 0; topic < SIZES.M.topics; topic++) fields += fieldCount(topic, SIZES.M.meanFields);
  within(fields, 2_500_000);
});

test('schemas have from one field to very many', () => {
  const sizes = Array.from({ length: SIZES.M.topics }, (_, topic) => fieldCount(topic, SIZES.M.meanFields)).sort((a, b) => a - b);
  expect([sizes[0], sizes.at(-1)]).toEqual([1, 2_000]);
});

test('the same seed gives the same events, another one others', () => {
  expect([...generatePlatform({ size: 'S', seed: 1 })]).toEqual(events);
  expect(generatePlatform({ size: 'S', seed: 2 }).next().value).toBeDefined();
  expect(JSON.stringify([...generatePlatform({ size: 'S', seed: 2 })])).not.toBe(JSON.stringify(events));
});

test('every event fits its contract and can be applied', () => {
  const types = { control: contractType('control'), audit: contractType('audit') };
  expect(events.filter(({ topic, event }) => !types[topic].isValid(event))).toEqual([]);
  expect(events.map(({ event }) => changesFrom(event)).filter(({ outcome }) => outcome === 'refused')).toEqual([]);
});

test('a shape lists exactly the paths the catalog finds in its schema', () => {
  for (let topic = 0; topic < 400; topic++) {
    const { schema, paths } = topicShape(topic, fieldCount(topic, 50), 1);
    const parsed = parseSchema(schema);
    expect(parsed.outcome === 'parsed' ? fieldFacts(parsed.schema).map(({ path }) => path) : parsed.message).toEqual(paths);
    expect(paths).toHaveLength(fieldCount(topic, 50));
  }
});

describe('the shape of the graph', () => {
  let depths: ReadonlyMap<string, number>;
  beforeAll(() => {
    const found = new Map<string, number>();
    for (const { reads, writes } of jobs) {
      const depth = 1 + Math.max(-1, ...reads.filter(({ dataset }) => dataset.namespace === 'kafka://main').map(({ dataset }) => found.get(dataset.name) ?? 0));
      for (const { dataset } of writes) if (dataset.namespace === 'kafka://main' && !found.has(dataset.name)) found.set(dataset.name, depth);
    }
    depths = found;
  });

  test('depth has a median of 3 and ends at 8, but for one long chain', () => {
    const sorted = [...depths.values()].sort((a, b) => a - b);
    expect(depths.size).toBe(SIZES.S.topics);
    expect(sorted[sorted.length >> 1]).toBe(3);
    expect(sorted.filter((depth) => depth === 8).length).toBeGreaterThan(10);
    const deeper = sorted.filter((depth) => depth > 8);
    expect(deeper).toEqual(Array.from({ length: deeper.length }, (_, i) => 9 + i));
    expect(sorted.at(-1)).toBeGreaterThanOrEqual(20);
  });

  test('a few topics have very many readers', () => {
    expect(counts.largestHub).toBeGreaterThan(300);
  });

  test('about one output in seven is made of two to four topics', () => {
    const outputs = jobs.filter(({ kind }) => kind.startsWith('FLINK')).flatMap(({ writes }) => writes.flatMap(({ derivations }) => (derivations === null ? [] : [new Set(derivations.flatMap(({ from }) => from.map(({ read }) => read))).size])));
    const share = outputs.filter((sources) => sources > 1).length / outputs.length;
    expect(share).toBeGreaterThan(0.12);
    expect(share).toBeLessThan(0.18);
  });

  test('one reader in twenty does not say what it reads', () => {
    const share = counts.unknownReaders / (counts.jobs + counts.consumers);
    expect(share).toBeGreaterThan(0.035);
    expect(share).toBeLessThan(0.065);
  });

  test('a job deployed again closes a circle of fields', () => {
    const deployed = new Map(jobs.map((job) => [job.job.name, job]));
    expect(jobs.length).toBe(deployed.size + 1);
    const next = new Map<string, string[]>();
    for (const { reads, writes } of deployed.values()) {
      for (const { dataset, derivations } of writes) {
        for (const { to, from } of derivations ?? []) for (const { read, path } of from) {
          const source = `${reads[read]!.dataset.name} ${path}`;
          next.set(source, [...(next.get(source) ?? []), `${dataset.name} ${to}`]);
        }
      }
    }
    const again = jobs.at(-1)!;
    const last = again.reads.at(-1)!;
    expect(reaches(`${last.dataset.name} ${last.fields![0]!.path}`, next)).toBe(true);
  });
});

/** Whether a field is reached from itself. */
function reaches(start: string, next: ReadonlyMap<string, readonly string[]>): boolean {
  const seen = new Set<string>();
  for (const queue = [...(next.get(start) ?? [])]; queue.length > 0; ) {
    const field = queue.pop()!;
    if (field === start) return true;
    if (seen.has(field)) continue;
    seen.add(field);
    queue.push(...(next.get(field) ?? []));
  }
  return false;
}
