import { beforeAll, expect, test } from 'vitest';
import { changesFrom } from '../../../ingest/changes-from.ts';
import type { AuditPayloads, ControlPayloads } from '../../../ingest/contracts/events.ts';
import { EMBEDDED_SCHEMA_IDS } from '../../../ingest/decode/decoder.ts';
import { contractType } from '../../../ingest/decode/wire-schemas.ts';
import { encodeEvent } from '../../../ingest/demo/encode.ts';
import { samplePlatform } from '../../../ingest/demo/sample-platform.ts';

type Payloads = ControlPayloads & AuditPayloads;
const NOW = Date.UTC(2026, 5, 1);
const DAY_MS = 86_400_000;
const WIRE_HEADER_BYTES = 5;
const sample = samplePlatform(NOW);

function payloads<K extends keyof Payloads>(kind: K): Payloads[K][] {
  return sample.flatMap(({ event }) => {
    const payload = (event.payload as Partial<Payloads>)[kind];
    return payload === undefined ? [] : [payload as Payloads[K]];
  });
}
const topics = payloads('io.sluice.control.DatasetDeclared').filter(({ kind }) => kind === 'TOPIC');
const jobs = payloads('io.sluice.control.JobDeployed');
const seen = payloads('io.sluice.audit.ConsumptionObserved');
const declared = payloads('io.sluice.control.ConsumerDeclared');

test('the same moment gives the same events', () => {
  expect(samplePlatform(NOW)).toEqual(sample);
});

test('every event has an id of its own and lies in the 90 days before', () => {
  expect(new Set(sample.map(({ event }) => event.id)).size).toBe(sample.length);
  const times = sample.map(({ event }) => event.occurredAt);
  expect(Math.min(...times)).toBeGreaterThanOrEqual(NOW - 90 * DAY_MS);
  expect(Math.max(...times)).toBeLessThanOrEqual(NOW);
});

test('every event survives the wire format', async () => {
  const types = { control: contractType('control'), audit: contractType('audit') };
  for (const event of sample) {
    const bytes = await encodeEvent(event);
    expect([bytes[0], bytes.readInt32BE(1)]).toEqual([0, EMBEDDED_SCHEMA_IDS[event.topic]]);
    expect(JSON.parse(JSON.stringify(types[event.topic].fromBuffer(bytes.subarray(WIRE_HEADER_BYTES))))).toEqual(JSON.parse(JSON.stringify(event.event)));
  }
});

test('every event says something that can be applied', () => {
  expect(sample.map(({ event }) => changesFrom(event)).filter(({ outcome }) => outcome === 'refused')).toEqual([]);
});

test('a few hundred topics, each made by a job that names its owner', () => {
  const made = new Set(jobs.flatMap(({ writes }) => writes.map(({ dataset }) => `${dataset.namespace}/${dataset.name}`)));
  expect(topics.length).toBeGreaterThanOrEqual(300);
  expect(topics.filter(({ dataset }) => !made.has(`${dataset.namespace}/${dataset.name}`))).toEqual([]);
  expect(jobs.filter(({ owner }) => owner === null)).toEqual([]);
});

test.each(['postgresql', 'mysql', 'cockroachdb', 'cassandra'])('change data comes in from %s', (platform) => {
  const tables = payloads('io.sluice.control.DatasetDeclared').filter((declaration) => declaration.platform === platform);
  const read = new Set(jobs.filter(({ kind }) => kind === 'SOURCE_CONNECTOR').flatMap(({ reads }) => reads.map(({ dataset }) => dataset.name)));
  expect(tables.some(({ dataset }) => read.has(dataset.name))).toBe(true);
});

test.each([['iceberg-sink', 'iceberg:'], ['elasticsearch-sink', 'elasticsearch:'], ['kafka-sink', 'kafka:']])('%s drains into %s', (stock, scheme) => {
  const sinks = jobs.filter(({ kind, processor }) => kind === 'SINK_CONNECTOR' && processor?.name === stock);
  expect(sinks.length).toBeGreaterThan(0);
  expect(sinks.every(({ writes }) => writes.every(({ dataset }) => dataset.namespace.startsWith(scheme)))).toBe(true);
});

test('consumers are declared, only seen, and of unknown use, many of each', () => {
  const names = new Set(declared.map(({ consumer }) => consumer.name));
  expect(declared.filter(({ reads }) => reads[0]?.fields !== null).length).toBeGreaterThan(50);
  expect(seen.filter(({ reader, fields }) => !names.has(reader.name) && fields !== null).length).toBeGreaterThan(50);
  expect([...declared.filter(({ reads }) => reads[0]?.fields === null), ...seen.filter(({ fields }) => fields === null)].length).toBeGreaterThan(20);
});

test('jobs use every stock processor, pipelines share topics, and some jobs tell only part of what they do', () => {
  const used = new Set(jobs.map(({ processor }) => processor?.name));
  const stock = payloads('io.sluice.control.ProcessorRegistered').filter((registered) => registered.stock).map(({ processor }) => processor.name);
  expect(stock.filter((name) => !used.has(name))).toEqual([]);
  const pipelinesOf = Map.groupBy(jobs.flatMap(({ pipeline, reads }) => reads.map(({ dataset }) => ({ dataset: dataset.name, pipeline: pipeline?.name }))), ({ dataset }) => dataset);
  expect([...pipelinesOf.values()].filter((readers) => new Set(readers.map(({ pipeline }) => pipeline)).size > 1).length).toBeGreaterThan(10);
  expect(jobs.some(({ reads, writes }) => reads.some(({ fields }) => fields === null) && writes.some(({ derivations }) => derivations === null))).toBe(true);
  expect(jobs.some(({ reads }) => reads.some(({ whole }) => !whole))).toBe(true);
});

let reached: Map<string, Set<string>>;
beforeAll(() => {
  const next = Map.groupBy(jobs.flatMap(({ reads, writes }) => reads.flatMap(({ dataset: from }) => writes.map(({ dataset: to }) => [`${from.namespace}/${from.name}`, `${to.namespace}/${to.name}`] as [string, string]))), ([from]) => from);
  reached = new Map([...next.keys()].map((start) => [start, reachOf(start, (name) => next.get(name)?.map(([, to]) => to) ?? [])]));
});
function reachOf(start: string, next: (name: string) => readonly string[]): Set<string> {
  const found = new Set<string>();
  for (const queue = [...next(start)]; queue.length > 0; ) {
    const name = queue.pop()!;
    if (found.has(name)) continue;
    found.add(name);
    queue.push(...next(name));
  }
  return found;
}

test('data flows in one circle and no other', () => {
  const circular = [...reached].filter(([name, all]) => all.has(name)).map(([name]) => name);
  expect(circular.sort()).toEqual(['kafka://main/feedback-shown-rows', 'kafka://main/feedback-weights']);
});

test('derivations name paths that both schemas have', () => {
  const paths = new Map<string, Set<string>>();
  for (const { event } of sample) {
    const outcome = changesFrom(event);
    for (const change of outcome.outcome === 'changes' ? outcome.changes : []) {
      if (change.change !== 'statement' || change.aspect !== 'fields' || change.body === null) continue;
      const known = paths.get(change.about.name) ?? new Set();
      paths.set(change.about.name, new Set([...known, ...change.body.fields.map(({ path }) => path)]));
    }
  }
  const missing = jobs.flatMap(({ job, reads, writes }) =>
    writes.flatMap(({ dataset, derivations }) =>
      (derivations ?? []).flatMap(({ to, from }) => [
        ...(paths.get(dataset.name)?.has(to) ? [] : [`${job.name} writes ${dataset.name} ${to}`]),
        ...from.filter(({ read, path }) => !paths.get(reads[read]!.dataset.name)?.has(path)).map(({ read, path }) => `${job.name} reads ${reads[read]!.dataset.name} ${path}`),
      ]),
    ),
  );
  expect(missing).toEqual([]);
});
