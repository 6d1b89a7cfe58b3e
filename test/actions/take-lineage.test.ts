import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lineageChanges } from '../../server/actions/take-lineage.ts';
import { entityKey, type EntityRef } from '../../server/catalog/names.ts';
import { openSqliteStore, type SqliteStore } from '../../server/store/sqlite-store.ts';

let store: SqliteStore;
beforeEach(() => void (store = openSqliteStore({ file: ':memory:' })));
afterEach(() => store.close());

const event = (...inputs: string[]): object => ({ eventTime: '2026-06-01T12:00:00Z', eventType: 'START', run: { runId: 'r' }, job: { namespace: 'flink://main', name: 'audit' }, inputs: inputs.map((name) => ({ namespace: 'kafka://main', name })) });
/** A catalog with so many topics more than the store has. */
const withTopics = (count: number) => {
  const topics = Array.from({ length: count }, (_, i): EntityRef => ({ kind: 'dataset', namespace: i % 2 === 0 ? 'kafka://main' : 'kafka://ads', name: `logs-${String(i).padStart(6, '0')}` }));
  topics.sort((a, b) => (entityKey(a) < entityKey(b) ? -1 : 1));
  let pages = 0;
  const entities: SqliteStore['entities'] = async (_, { after, limit }) => {
    pages++;
    const start = after === null ? 0 : topics.findIndex((ref) => entityKey(ref) === after) + 1;
    return topics.slice(start, start + limit);
  };
  return { store: { entity: (ref: EntityRef) => store.entity(ref), entities }, pages: () => pages };
};
async function reads(taking: Pick<SqliteStore, 'entity' | 'entities'>, ...inputs: string[]): Promise<readonly string[] | string> {
  const [taken] = await lineageChanges([event(...inputs)], { store: taking, aliases: new Map() });
  if (taken?.outcome !== 'changes') return taken?.reason ?? '';
  return taken.changes.flatMap((change) => (change.change === 'statement' && change.aspect === 'program' ? (change.body?.reads ?? []).map(({ dataset }) => `${dataset.namespace} ${dataset.name}`) : []));
}

test('a pattern is matched against all topics of its cluster, on whatever page they stand', async () => {
  const { store: many, pages } = withTopics(5_000);
  expect(await reads(many, 'logs-00[0-4]99[0-9]')).toEqual(['kafka://main logs-00[0-4]99[0-9]', ...[0, 1, 2, 3, 4].flatMap((thousand) => [0, 2, 4, 6, 8].map((one) => `kafka://main logs-00${thousand}99${one}`))]);
  expect(pages()).toBe(6);
});

test('topics are not looked at without a pattern, and a pattern that cannot be followed matches none', async () => {
  const { store: many, pages } = withTopics(10);
  expect(await reads(many, 'logs-000001')).toEqual(['kafka://main logs-000001']);
  expect(pages()).toBe(0);
  expect(await reads(many, '(?i)LOGS.*')).toEqual(['kafka://main (?i)LOGS.*']);
  expect(await reads(many, 'logs-[')).toEqual(['kafka://main logs-[']);
});

test('a pattern made to be slow is given up, and one that matches too much refused, naming the limit', async () => {
  expect(await reads(withTopics(2_000).store, '((l+o*)+(g*s*)+(-*0*)+)+!')).toEqual(['kafka://main ((l+o*)+(g*s*)+(-*0*)+)+!']);
  expect(await reads(withTopics(20_002).store, '.*')).toBe('its patterns match 10001 topics, the limit is 10000');
});

test('runs of a streaming job end in the same lineage, in whatever order and however often they are heard', async () => {
  const jobType = { processingType: 'STREAMING', integration: 'FLINK' };
  const of = (eventType: string, runId: string, minute: number, ...inputs: string[]): object => ({ ...event(...inputs), eventType, run: { runId }, eventTime: `2026-06-01T12:${String(minute).padStart(2, '0')}:00Z`, job: { namespace: 'flink://main', name: 'audit', facets: { jobType } } });
  const history = [of('START', 'r1', 0, 'a', 'b'), of('RUNNING', 'r1', 1), of('ABORT', 'r1', 4), of('START', 'r2', 5, 'a'), of('FAIL', 'r2', 9), of('START', 'r3', 10, 'a', 'c'), of('RUNNING', 'r3', 11)];
  await fc.assert(fc.asyncProperty(fc.shuffledSubarray(history, { minLength: history.length }), fc.array(fc.constantFrom(...history), { maxLength: 4 }), fc.array(fc.nat(11), { maxLength: 3 }), async (order, again, cuts) => {
    const own = openSqliteStore({ file: ':memory:' });
    const heard = [...order, ...again];
    const bounds = [0, ...[...cuts].sort((a, b) => a - b), heard.length];
    for (const [i, start] of bounds.slice(0, -1).entries()) {
      const taken = await lineageChanges(heard.slice(start, bounds[i + 1]), { store: own, aliases: new Map() });
      await own.apply({ changes: taken.flatMap((one) => (one.outcome === 'changes' ? one.changes : [])), committedAt: 0, offset: null });
    }
    const facts = (await own.entity({ kind: 'job', namespace: 'flink://main', name: 'audit' }))?.facts ?? [];
    const inForce = facts.flatMap((fact) => (fact.aspect === 'program' ? fact.body.reads.map(({ dataset }) => dataset.name) : []));
    await own.close();
    expect(inForce.sort()).toEqual(['a', 'c']);
  }), { numRuns: 200 });
});
