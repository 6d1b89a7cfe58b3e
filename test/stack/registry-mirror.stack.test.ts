import { readFileSync } from 'node:fs';
import pino from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseSchema } from '../../server/catalog/avro/parse.ts';
import { sameSchema } from '../../server/catalog/avro/same-schema.ts';
import type { AvroSchema } from '../../server/catalog/avro/schema.ts';
import { COMPATIBILITY_LEVELS, type CompatibilityLevel } from '../../server/catalog/changes.ts';
import { openCatalogService } from '../../server/catalog-service.ts';
import { inTurns } from '../../server/outside/in-turns.ts';
import { registryConfig } from '../../server/registry/registry-config.ts';
import { RegistryClient } from '../../server/registry/registry-client.ts';
import { startRegistryMirror } from '../../server/registry/registry-mirror.ts';
import { SubjectsMirror } from '../../server/registry/subjects-mirror.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import type { Store } from '../../server/store/store.ts';
import { record } from '../registry/mirrored.ts';
import { missingForStack } from './servers/missing-part.ts';
import { type SchemaRegistryServer, startSchemaRegistry } from './servers/schema-registry.ts';
import { until } from './until.ts';

const missing = missingForStack();
const AT_ONCE = 8;
/** Cases for each compatibility level, and pairs of the oracle's. */
const PER_LEVEL = 30;
const PAIRS = 300;
const CHECKED_LEVELS = COMPATIBILITY_LEVELS.filter((level) => level !== 'NONE');

describe.skipIf(missing !== null)(`the mirror of a real registry${missing === null ? '' : ` (needs ${missing})`}`, () => {
  let registry: SchemaRegistryServer;
  let store: Store;
  beforeAll(async () => {
    registry = await startSchemaRegistry();
  });
  afterAll(() => registry?.close());
  beforeEach(() => {
    store = openSqliteStore({ file: ':memory:' });
    return () => store.close();
  });

  const call = async (method: string, path: string, body?: object): Promise<{ readonly status: number; readonly body: unknown }> => {
    const response = await fetch(`${registry.url}${path}`, { method, headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' }, ...(body && { body: JSON.stringify(body) }) });
    return { status: response.status, body: await response.json() };
  };
  const configOf = (env: Record<string, string> = {}) => registryConfig({ SLUICE_REGISTRY_URL: registry.url, ...env }, [])!;
  const mirrorOf = (): { readonly mirror: SubjectsMirror; readonly client: RegistryClient } => {
    const config = configOf();
    const client = new RegistryClient(config);
    return { client, mirror: new SubjectsMirror({ client, store, config, clock: Date.now }) };
  };
  const factsOf = async (kind: 'subject' | 'dataset', name: string): Promise<Record<string, unknown>> => {
    const facts = (await store.entity({ kind, namespace: kind === 'subject' ? 'registry://main' : 'kafka://main', name }))?.facts ?? [];
    return Object.fromEntries(facts.map(({ aspect, part, body }) => [`${aspect} ${part}`.trim(), body]));
  };

  test('follows registering, deleting, registering again, levels, modes and references', async () => {
    const { mirror } = mirrorOf();
    const address = JSON.stringify({ type: 'record', name: 'Address', namespace: 'shop', fields: [{ name: 'city', type: 'string' }] });
    const customer = JSON.stringify({ type: 'record', name: 'Customer', namespace: 'shop', fields: [{ name: 'home', type: 'shop.Address' }] });
    await registry.register('shop.Address', address);
    await call('POST', '/subjects/customers-value/versions', { schema: customer, references: [{ name: 'shop.Address', subject: 'shop.Address', version: 1 }] });
    await registry.register('life-value', record('a'));
    await registry.register('life-value', record('a', 'b'));
    await registry.register('a%2Fb c-key'.replace('%2F', '/'), record('k'));
    await mirror.poll();
    expect(await factsOf('subject', 'customers-value')).toMatchObject({ 'schema-version 1': { schema: customer, references: [address] }, compatibility: { level: 'BACKWARD' } });
    expect(await factsOf('dataset', 'customers')).toMatchObject({ 'fields value': { fields: [{ path: 'home' }, { path: 'home.city' }] } });
    expect(await factsOf('subject', 'a/b c-key')).toMatchObject({ 'schema-version 1': { deleted: false } });
    expect(await factsOf('subject', 'life-value')).toMatchObject({ 'schema-version 1': { deleted: false }, 'schema-version 2': { deleted: false } });

    await call('DELETE', '/subjects/life-value/versions/1');
    await call('PUT', '/config/life-value', { compatibility: 'FULL_TRANSITIVE' });
    await call('PUT', '/mode/life-value', { mode: 'READONLY' });
    await mirror.poll();
    expect(await factsOf('subject', 'life-value')).toMatchObject({ 'schema-version 1': { deleted: true, schema: record('a') }, 'schema-version 2': { deleted: false }, compatibility: { level: 'FULL_TRANSITIVE' }, tags: { tags: ['registry-mode:READONLY'] } });

    await call('DELETE', '/subjects/life-value');
    await mirror.poll();
    expect(await factsOf('subject', 'life-value')).toMatchObject({ 'schema-version 1': { deleted: true }, 'schema-version 2': { deleted: true } });
    await call('PUT', '/mode/life-value', { mode: 'READWRITE' });
    await registry.register('life-value', record('a', 'b', 'c'));
    await mirror.poll();
    expect(await factsOf('subject', 'life-value')).toMatchObject({ 'schema-version 2': { deleted: true }, 'schema-version 3': { deleted: false, schema: record('a', 'b', 'c') } });
    expect((await factsOf('dataset', 'life'))['fields value']).toMatchObject({ fields: [{ path: 'a' }, { path: 'b' }, { path: 'c' }] });

    await call('DELETE', '/subjects/life-value');
    await call('DELETE', '/subjects/life-value?permanent=true');
    await mirror.poll();
    expect(await factsOf('subject', 'life-value')).toEqual({});
    await registry.register('life-value', record('z'));
    await mirror.poll();
    expect(await factsOf('subject', 'life-value')).toMatchObject({ 'schema-version 1': { schema: record('z') } });
    expect([...mirror.faults]).toEqual([]);
    expect((await mirrorOf().mirror.poll()).changes).toBe(0);
  });

  // Before there are many subjects, for it reads them all; the registry is empty afterwards.
  test('the gate closes when the registry stays away, and does not believe it when it comes back empty', async () => {
    await registry.register('away-value', record('a'));
    let ahead = 0;
    const clock = () => Date.now() + ahead;
    const mirror = startRegistryMirror({ config: configOf({ SLUICE_REGISTRY_POLL_INTERVAL: '0.1', SLUICE_REGISTRY_STALE_AFTER: '3600' }), store, clock, log: { warn: () => undefined, info: () => undefined } });
    const service = await openCatalogService({ store, aliases: new Map(), clock, log: pino({ level: 'silent' }), snapshot: null, registry: mirror });
    const ask = async (): Promise<{ type?: string; outcome?: string }> => (await service.app.inject({ method: 'POST', url: '/v1/gate/decisions', payload: gateRequest('away', record('a')) })).json();
    await until(async () => (await ask()).outcome === 'allow', { seen: ask, within: 80_000 });
    await registry.stop();
    await until(() => (mirror.counts().failures.unreachable ?? 0) > 0);
    ahead = 3_601_000;
    expect((await ask()).type).toBe('urn:sluice:problem:registry-stale');
    await registry.start();
    await until(() => (mirror.counts().failures.lost ?? 0) > 0, { within: 80_000, seen: () => mirror.counts() });
    expect((await ask()).type).toBe('urn:sluice:problem:registry-stale');
    await mirror.stop();
    await service.stop();
  });

  test('the gate judges by level as the registry does', async () => {
    const cases = [...drawnHistories(), ...oraclePairs()].filter(isNew);
    const refused = new Set<string>();
    await inTurns(cases, AT_ONCE, async ({ topic, level, history }) => {
      const subject = `/subjects/${topic}-value/versions`;
      const replies = [await call('POST', subject, { schema: history[0] })];
      await call('PUT', `/config/${topic}-value`, { compatibility: 'NONE' });
      for (const schema of history.slice(1)) replies.push(await call('POST', subject, { schema }));
      await call('PUT', `/config/${topic}-value`, { compatibility: level });
      if (replies.some(({ status }) => status !== 200)) refused.add(topic);
    });
    await mirrorOf().mirror.poll();
    const service = await openCatalogService({ store, aliases: new Map(), clock: Date.now, log: pino({ level: 'silent' }), snapshot: null });
    const differing: object[] = [];
    const counted = { compatible: 0, incompatible: 0, undecidable: 0, refusedByRegistry: refused.size, refusedCandidates: 0 };
    const byLevel = new Map<string, { yes: number; no: number }>(COMPATIBILITY_LEVELS.map((level) => [level, { yes: 0, no: 0 }]));
    await inTurns(cases.filter(({ topic }) => !refused.has(topic)), AT_ONCE, async ({ topic, level, candidate }) => {
      // Asked without a version it judges all of them at every level; a level that is not transitive means the latest.
      const versions = level.endsWith('_TRANSITIVE') ? 'versions' : 'versions/latest';
      const theirs = await call('POST', `/compatibility/subjects/${topic}-value/${versions}`, { schema: candidate });
      const ours = (await service.app.inject({ method: 'POST', url: '/v1/gate/decisions', payload: gateRequest(topic, candidate) })).json();
      const judged = ours.findings?.filter(({ rule }: { rule: string }) => rule === 'subject-compatibility') as { message: string }[] | undefined;
      const theirVerdict = theirs.status === 200 ? (theirs.body as { is_compatible: boolean }).is_compatible : null;
      const undecidable = judged?.some(({ message }) => !/cannot read (?:version \d+|the new schema): [A-Z_]+ at /.test(message));
      const ourVerdict = judged === undefined || undecidable ? null : judged.length === 0;
      if (theirVerdict === null && ourVerdict === false) counted.refusedCandidates++;
      else if (theirVerdict !== ourVerdict) differing.push({ topic, level, candidate, theirs, judged, ours: judged === undefined ? ours : ourVerdict });
      if (theirVerdict !== null && theirVerdict === ourVerdict) byLevel.get(level)![ourVerdict ? 'yes' : 'no']++;
      counted[ourVerdict === null ? 'undecidable' : ourVerdict ? 'compatible' : 'incompatible']++;
    });
    await service.stop();
    console.info(cases.length, counted, Object.fromEntries(byLevel));
    expect(differing).toEqual([]);
    expect(Math.min(counted.compatible, counted.incompatible)).toBeGreaterThan(100);
    // Every level answers both ways, but NONE, which takes everything.
    for (const [level, { yes, no }] of byLevel) expect([level, yes > 5, no > 5]).toEqual([level, true, level !== 'NONE']);
    expect([...byLevel.values()].reduce((sum, { yes, no }) => sum + yes + no, 0)).toBeGreaterThan(350);
    // What the registry takes for no Avro though Avro's own parser does.
    expect(counted.refusedByRegistry + counted.refusedCandidates).toBeLessThan(30);
  });

  // Last, for whoever reads the whole registry after it reads these too; and in an empty one, for it reads it twice itself.
  test('lists more subjects than a page has, and asks for lists alone when nothing changed', { timeout: 180_000 }, async () => {
    await registry.stop();
    await registry.start();
    await inTurns(Array.from({ length: 1_050 }, (_, i) => `many-${i}-value`), AT_ONCE, (subject) => registry.register(subject, record('x')));
    const { mirror, client } = mirrorOf();
    const { subjects } = await mirror.poll();
    expect(subjects).toBeGreaterThanOrEqual(1_050);
    expect(await factsOf('subject', 'many-1049-value')).toHaveProperty('schema-version 1');
    const before = client.requests;
    expect(await mirror.poll()).toEqual({ subjects, changes: 0, aside: 0 });
    // Level, mode, three pages for each of two lists and one or two of a third, a version list a subject.
    expect(client.requests - before).toBeLessThanOrEqual(2 + 6 + 2 + subjects);
  });
});

function gateRequest(topic: string, candidate: string): object {
  return { job: { namespace: 'flink://main', name: `writer-of-${topic}`, owner: 'team' }, dryRun: true, program: { kind: 'declared', inputs: [], outputs: [{ dataset: { namespace: 'kafka://main', name: topic }, writerSchema: JSON.parse(candidate) }] } };
}

interface Case {
  readonly topic: string;
  readonly level: CompatibilityLevel;
  /** Registered one after the other, without a check. */
  readonly history: readonly string[];
  readonly candidate: string;
}

/** Three versions and a candidate of one record, some for every level; the same every time. */
function drawnHistories(): Case[] {
  let state = 7;
  const next = (): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) / 2 ** 32;
  const field = (name: string): object => {
    const type = ['int', 'long', 'string', 'double'][Math.floor(next() ** 2 * 4)];
    return next() < 0.8 ? { name, type, default: type === 'string' ? 'x' : 1 } : { name, type };
  };
  const draw = (): string => JSON.stringify({ type: 'record', name: 'R', namespace: 'shop', fields: ['a', 'b', 'c', 'd'].filter(() => next() < 0.75).map(field) });
  return COMPATIBILITY_LEVELS.flatMap((level) => Array.from({ length: PER_LEVEL }, (_, i): Case => ({ topic: `level-${level}-${i}`, level, history: [draw(), draw(), draw()], candidate: draw() })));
}

/** A schema that is registered already is taken by the gate, and by the registry when it is registered again; its endpoint judges it all the same. */
function isNew({ history, candidate }: Case): boolean {
  return !history.some((registered) => sameSchema(schemaOf(registered), schemaOf(candidate)));
}

function schemaOf(text: string): AvroSchema {
  const parsed = parseSchema(text);
  if (parsed.outcome === 'refused') throw new Error(parsed.message);
  return parsed.schema;
}

/** Pairs that Avro Java has judged, the reader as candidate for a subject that has the writer, the levels that check in turn. */
function oraclePairs(): Case[] {
  const lines = readFileSync(new URL('../fixtures/avro-oracle.jsonl', import.meta.url), 'utf8').trim().split('\n');
  const pairs = lines.map((line) => JSON.parse(line) as { id: string; reader: unknown; writer: unknown; readerRefs?: unknown; writerRefs?: unknown });
  const plain = pairs.filter(({ reader, writer, readerRefs, writerRefs }) => typeof reader === 'object' && typeof writer === 'object' && readerRefs === undefined && writerRefs === undefined);
  const readable = (schema: unknown): boolean => parseSchema(JSON.stringify(schema)).outcome === 'parsed';
  return plain.filter(({ reader, writer }) => readable(reader) && readable(writer)).slice(0, PAIRS)
    .map(({ id, reader, writer }, i) => ({ topic: `pair-${id}`, level: CHECKED_LEVELS[i % CHECKED_LEVELS.length] ?? 'FULL', history: [JSON.stringify(writer)], candidate: JSON.stringify(reader) }));
}
