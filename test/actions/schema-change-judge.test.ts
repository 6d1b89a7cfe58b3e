import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changesFrom } from '../../ingest/changes-from.ts';
import type { AuditEvent, ControlEvent } from '../../ingest/contracts/events.ts';
import { ApprovalBook } from '../../server/actions/approval-book.ts';
import { Gate } from '../../server/actions/gate.ts';
import type { GateDocument } from '../../server/actions/gate-request.ts';
import { GateWorlds } from '../../server/actions/gate-world.ts';
import { LedgerFollower } from '../../server/actions/ledger-follower.ts';
import { LedgerWriter } from '../../server/actions/ledger-writer.ts';
import { PermitBook } from '../../server/actions/permit-book.ts';
import { PolicyBook } from '../../server/actions/policy-book.ts';
import { SchemaChangeJudge } from '../../server/actions/schema-change-judge.ts';
import { LOCAL_USER } from '../../server/catalog/identity.ts';
import { LineageIndex } from '../../server/graph/lineage-index.ts';
import { CatalogReader } from '../../server/queries/catalog-reader.ts';
import { GovernedTopics } from '../../server/queries/governed-topics.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { NO_TRACING } from '../../server/tracing/tracing.ts';
import { control, NOON, smallPlatform } from '../http/catalog.ts';
import { consumer, SUBJECT } from '../http/change-story.ts';

const TYPES = ['string', 'int', 'long', ['null', 'string'], { type: 'long', logicalType: 'timestamp-millis' }] as const;
const NAMES = ['id', 'amount', 'note', 'extra'] as const;
const field = fc.record({ type: fc.constantFrom(...TYPES), default: fc.boolean() });
const schemas = fc.dictionary(fc.constantFrom(...NAMES), field, { minKeys: 1 }).map((fields) => ({
  type: 'record', name: 'Payment', namespace: 'shop',
  fields: Object.entries(fields).map(([name, { type, default: withDefault }]) => ({ name, type, ...(withDefault && Array.isArray(type) ? { default: null } : {}) })),
}));
/** What is said of the platform before: a reader more, a version more, a job that reads what it writes itself. */
const moves = fc.record({ reads: fc.subarray([...NAMES]), whole: fc.boolean(), version: fc.option(schemas), loops: fc.boolean(), level: fc.constantFrom('NONE', 'BACKWARD', 'FULL_TRANSITIVE') });

const topic = { namespace: 'kafka://main', name: 'payments' };
/** The writer reads its own topic, and derives a field of it from another. */
const selfReading = control('io.sluice.control.JobDeployed', {
  job: { namespace: 'flink://main', name: 'payments-cdc' }, kind: 'FLINK_SQL', processor: null, pipeline: null, artifactDigest: null, description: null, owner: 'team-payments',
  reads: [{ dataset: topic, readerSchema: null, fields: [{ path: 'id', why: ['VALUE'] }], whole: true, evolution: null }],
  writes: [{ dataset: topic, writerSchema: null, derivations: [{ to: 'amount', from: [{ read: 0, path: 'id', identity: false }] }] }],
}, 3);
const cdc = { namespace: 'flink://main', name: 'payments-cdc' };

/** The gate and the judge of proposals on one store, without HTTP. */
async function opened() {
  const store = openSqliteStore({ file: ':memory:' });
  const index = await LineageIndex.open(store);
  const catalog = new CatalogReader(store);
  index.onChange((changed) => catalog.forget(changed));
  const clock = () => NOON;
  const follower = new LedgerFollower(store, clock);
  const writer = new LedgerWriter(store, follower);
  const policies = follower.add(new PolicyBook({ follower, writer, newId: () => 'p', clock }));
  const gate = new Gate({
    store, index, catalog, writer, policies, approvals: follower.add(new ApprovalBook()), permits: follower.add(new PermitBook()), terms: null, settleOverdue: () => Promise.resolve(),
    aliases: new Map(), clock, registry: null, tracing: NO_TRACING,
  });
  const judge = new SchemaChangeJudge({ catalog, index, worlds: new GateWorlds(catalog, index), governed: new GovernedTopics(store, index), policies, registry: null });
  const say = async (...events: readonly (ControlEvent | AuditEvent)[]): Promise<void> => {
    const changes = events.flatMap((event) => { const outcome = changesFrom(event); return outcome.outcome === 'changes' ? outcome.changes : []; });
    await store.apply({ changes, committedAt: NOON, offset: null });
  };
  return { store, gate, judge, say };
}

test('for any change on any platform a proposal has the findings the gate has when the deployed writer writes it', { timeout: 120_000 }, async () => {
  await fc.assert(fc.asyncProperty(schemas, moves, async (schema, { reads, whole, version, loops, level }) => {
    const { store, gate, judge, say } = await opened();
    await say(...smallPlatform(), consumer('more', 'team-more', whole ? reads : []), control('io.sluice.control.SubjectConfigured', { subject: SUBJECT, level }, 1));
    if (version !== null) await say(control('io.sluice.control.SchemaRegistered', { subject: SUBJECT, version: 2, schemaId: 50, schemaType: 'AVRO', schema: JSON.stringify(version), references: [], deleted: false, dataset: topic, part: 'VALUE' }, 2));
    if (loops) await say(selfReading);
    const { evaluation } = await judge.judge({ subject: SUBJECT, schema: JSON.stringify(schema), references: [] });
    const ask = async () => JSON.parse((await gate.decide({ document, text: JSON.stringify(document), by: LOCAL_USER }, null)).text).findings as readonly { id: string; severity: string }[];
    const document: GateDocument = { job: { ...cdc, owner: 'team-payments' }, program: { kind: 'declared', inputs: [], outputs: [{ dataset: topic, writerSchema: schema as never }] } };
    const proposed = evaluation.findings.map(({ id, severity }) => `${severity} ${id}`);
    expect(proposed).toEqual((await ask()).map(({ id, severity }) => `${severity} ${id}`));
    // And once it is registered, nothing that nobody could have agreed to.
    await say(control('io.sluice.control.SchemaRegistered', { subject: SUBJECT, version: 3, schemaId: 51, schemaType: 'AVRO', schema: JSON.stringify(schema), references: [], deleted: false, dataset: topic, part: 'VALUE' }, 4));
    expect((await ask()).map(({ id, severity }) => `${severity} ${id}`).filter((finding) => !proposed.includes(finding))).toEqual([]);
    await store.close();
  }), { numRuns: 150, seed: 20261127 });
});
