import fc from 'fast-check';
import type { GraphChange } from '../../server/catalog/changes.ts';
import { consumer, field, fieldFact, job, reads, say, seen, subject, topic, TOPIC_FACT, writes } from './changes.ts';

const PATHS = ['id', '__proto__', 'customer.email', 'items[].sku'];
const TOPICS = ['orders', 'payments'];
const path = fc.constantFrom(...PATHS);
const topicName = fc.constantFrom(...TOPICS);
const reader = fc.constantFrom(job('enrich'), job('bill'), consumer('audit'));
// Few times and sequences: that several statements meet at one instant is the point.
const instant = fc.record({ time: fc.integer({ min: 1, max: 6 }), sequence: fc.integer({ min: 1, max: 2 }), event: fc.constantFrom('a', 'b') });
const evidence = fc.constantFrom('declared' as const, 'openlineage' as const);

const use = fc.record({ dataset: topicName, paths: fc.option(fc.uniqueArray(path)), partial: fc.boolean() }).map(({ dataset, paths, partial }) =>
  reads(dataset, paths, partial && paths !== null ? { completeness: 'partial' } : {}),
);
const write = fc.record({ dataset: topicName, from: fc.option(fc.array(fc.tuple(path, fc.array(fc.tuple(topicName, path), { maxLength: 2 })), { maxLength: 3 })) })
  .map(({ dataset, from }) => ({
    ...writes(dataset, from === null ? null : {}),
    ...(from === null ? {} : { derivations: from.map(([to, origins]) => ({ to, from: origins.map(([name, p], i) => ({ dataset: topic(name), path: p, kind: i === 0 ? ('IDENTITY' as const) : ('TRANSFORM' as const) })) })) }),
  }));
const program = fc.record({ reads: fc.array(use, { maxLength: 2 }), writes: fc.array(write, { maxLength: 2 }) });

/** Changes that meet at the same instants, entities and fields often enough to matter. */
export const anyChange: fc.Arbitrary<GraphChange> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(reader, fc.option(program), instant, evidence).map(([about, body, when, from]) => say(about, 'program', body, when, { evidence: from })) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(topicName, fc.option(fc.uniqueArray(path)), instant, fc.constantFrom('value', 'key'), fc.option(fc.constantFrom('red', 'green')))
      .map(([name, paths, when, part, doc]) => say(topic(name), 'fields', paths === null ? null : { fields: paths.map((p) => fieldFact(p, doc ?? undefined)) }, when, { part })),
  },
  { weight: 3, arbitrary: fc.tuple(topicName, fc.boolean(), instant, evidence).map(([name, there, when, from]) => say(topic(name), 'dataset', there ? TOPIC_FACT : null, when, { evidence: from })) },
  { weight: 1, arbitrary: fc.tuple(reader, fc.boolean(), instant).map(([about, there, when]) => about.kind === 'job' ? say(about, 'job', there ? { kind: 'flink-sql', processor: null, pipeline: null, artifactDigest: null } : null, when) : say(about, 'consumer', there ? { kind: 'application', contact: null } : null, when)) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom('1', '2'), fc.boolean(), instant).map(([part, there, when]) => say(subject('orders-value'), 'schema-version', there ? { version: Number(part), schemaId: 7, schemaType: 'AVRO', schema: '"string"', references: [], deleted: false } : null, when, { part })) },
  { weight: 1, arbitrary: fc.tuple(topicName, fc.option(fc.constantFrom('payments-team', 'data')), instant).map(([name, team, when]) => say(topic(name), 'owner', team === null ? null : { team }, when)) },
  { weight: 1, arbitrary: fc.tuple(topicName, path, fc.option(fc.constantFrom('pii', 'secret')), instant).map(([name, p, tag, when]) => say(field(name, p), 'tags', tag === null ? null : { tags: [tag] }, when)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(reader, fc.constantFrom('reads' as const, 'writes' as const, 'alive' as const), topicName, fc.option(path), fc.option(fc.constantFrom(3, 4)), fc.integer({ min: 1, max: 9 }), fc.nat(4))
      .map(([actor, what, dataset, p, schemaId, firstSeen, length]) =>
        seen(actor, what, what === 'alive' ? null : dataset, { path: what === 'reads' ? p : null, schemaId, firstSeen, lastSeen: firstSeen + length })),
  },
);
