import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Statement } from '../../../server/catalog/changes.ts';
import { changesOfEvent } from '../../../server/catalog/openlineage/changes-of-event.ts';
import { naiveReading, saidOf } from './naive-reading.ts';

/** Events as published beside a checkout, or where `SHARED_DATA` says; one event a line. */
const FOLDER = `${process.env['SHARED_DATA'] ?? fileURLToPath(new URL('../../../../shared', import.meta.url))}/openlineage/events/`;
const FILES = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith('.jsonl')) : [];
const linesOf = (file: string): unknown[] => readFileSync(file, 'utf8').split('\n').filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as unknown);
const isOfFlink = (event: unknown): boolean => (event as { job: { facets?: { jobType?: { integration?: string } } } }).job.facets?.jobType?.integration === 'FLINK';

function statements(event: unknown): readonly Statement[] {
  const outcome = changesOfEvent(event, new Map());
  if (outcome.outcome === 'refused') throw new Error(outcome.reason);
  return outcome.changes.filter((change) => change.change === 'statement');
}

describe.skipIf(FILES.length === 0)('the published events (needs ../shared/openlineage)', () => {
  test.each(FILES)('every event of %s is taken, and says what a straight reading of its facets says', (name) => {
    let edges = 0;
    for (const event of linesOf(FOLDER + name)) {
      const naive = naiveReading(event);
      // What Flink lists of a topic is not the topic's.
      expect(saidOf(statements(event))).toEqual({ ...naive, fields: isOfFlink(event) ? [] : naive.fields });
      edges += naive.edges.length;
    }
    if (name === 'column-lineage.jsonl') expect(edges).toBeGreaterThan(0);
  });

  test('the states of their runs become those of their jobs', () => {
    const words = { START: ['RUNNING'], RUNNING: ['RUNNING'], COMPLETE: [null, 'FINISHED'], FAIL: [null, 'FAILED'], ABORT: [null, 'STOPPED'] } as Record<string, unknown[]>;
    for (const event of FILES.flatMap((name) => linesOf(FOLDER + name))) {
      const states = statements(event).flatMap(({ aspect, body }) => (aspect === 'state' ? [(body as { state: string } | null)?.state ?? null] : []));
      expect(states).toEqual(words[(event as { eventType: string }).eventType]);
    }
  });
});

describe('a straight reading and the catalog agree', () => {
  const place = (name: string, more: object = {}): object => ({ namespace: 'postgres://db:5432', name, ...more });
  const from = (field: string, ...transformations: object[]): object => place('shop.public.orders', { field, transformations });
  const columnLineage = {
    fields: {
      id: { inputFields: [from('id', { type: 'DIRECT', subtype: 'IDENTITY', masking: false })] },
      email: { inputFields: [from('email', { type: 'DIRECT', subtype: 'IDENTITY', masking: true })] },
      old: { transformationType: 'IDENTITY', inputFields: [from('old')] },
      hashed: { transformationType: 'MASKED', inputFields: [from('card')] },
      both: { inputFields: [from('a', { type: 'INDIRECT', subtype: 'CONDITIONAL' }, { type: 'DIRECT', subtype: 'TRANSFORMATION' }), place('other', { field: 'b' })] },
      decided: { inputFields: [from('c', { type: 'INDIRECT', subtype: 'WINDOW' }), from('d', { type: 'INDIRECT', subtype: 'constructor' })] },
      constant: { inputFields: [] },
    },
    dataset: [from('e', { type: 'INDIRECT', subtype: 'SORT' }), from('f'), from('id', { type: 'INDIRECT', subtype: 'FILTER' }, { type: 'INDIRECT', subtype: 'JOIN' }), from('g', { type: 'DIRECT', subtype: 'IDENTITY' })],
  };
  const event = (facets: object): object => ({ eventTime: '2026-06-01T12:00:00Z', eventType: 'START', run: { runId: 'r' }, job: { namespace: 'airflow', name: 'load', facets: { ownership: { owners: [{ name: 'team:data' }, { name: 'user:x' }] }, tags: { tags: [{ key: 'tier', value: '1' }] }, documentation: { description: 'Loads' } } }, inputs: [place('shop.public.orders'), place('shop.public.unused')], outputs: [place('shop.public.totals', { facets })] });

  test.each<[string, object]>([
    ['of every kind of transformation', { columnLineage }],
    ['of column lineage that was deleted', { columnLineage: { ...columnLineage, _deleted: true } }],
    ['of column lineage without fields', { columnLineage: { fields: {}, dataset: columnLineage.dataset } }],
    ['of nested fields', { schema: { fields: [{ name: 'a', type: 'STRUCT', fields: [{ name: 'b' }, { name: 'c', fields: [{ name: 'd' }] }] }] } }],
    ...['ALTER', 'CREATE', 'DROP', 'OVERWRITE', 'TRUNCATE'].map((lifecycleStateChange): [string, object] => [lifecycleStateChange, { lifecycleStateChange: { lifecycleStateChange } }]),
    ['of facets nobody knows', { columnLineage, __proto__x: { a: 1 }, gcp_lineage: [], custom: { deep: { x: [1] } }, outputStatistics: null }],
  ])('%s', (_, facets) => expect(saidOf(statements(event(facets)))).toEqual(naiveReading(event(facets))));

  test('what decides alone leaves a field computed from no other', () => {
    const [derivations] = statements(event({ columnLineage })).flatMap((statement) => (statement.aspect === 'program' ? (statement.body?.writes ?? []).map((write) => write.derivations) : []));
    expect(derivations?.filter(({ from: origins }) => origins.length === 0).map(({ to }) => to)).toEqual(['decided', 'constant']);
  });
});
