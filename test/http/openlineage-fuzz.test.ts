import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTestCatalog, type TestCatalog } from './catalog.ts';

let catalog: TestCatalog;
beforeEach(async () => {
  catalog = await openTestCatalog();
});
afterEach(() => catalog.stop());

const odd = fc.oneof(
  fc.constantFrom<unknown>(null, 0, -1, '', ' ', true, [], {}, '__proto__', 'constructor', 'a\u0000b', '\ud800', 'a#b%23', 'x'.repeat(513), 'orders,,payments', 'orders-[', '(a+)+$', 'kafka://', '2026-06-01T12:00:00Z', { _deleted: true }, { _deleted: 'yes' }, [null], [[]], [{}]),
  fc.jsonValue({ maxDepth: 2 }),
);
const dataset = (): object => ({ namespace: 'kafka://broker-1:9092', name: 'orders', facets: {
  schema: { fields: [{ name: 'id', type: 'INT', fields: [{ name: 'x' }] }] }, ownership: { owners: [{ name: 'team:data' }] }, tags: { tags: [{ key: 'pii', value: 'true' }] }, symlinks: { identifiers: [{ namespace: 'kafka://broker-1:9092', name: 'o', type: 'TOPIC' }] },
  lifecycleStateChange: { lifecycleStateChange: 'RENAME', previousIdentifier: { namespace: 'x', name: 'y' } }, documentation: { description: 'd' }, catalog: { framework: 'iceberg' },
  columnLineage: { fields: { id: { inputFields: [{ namespace: 'x', name: 'y', field: 'z', transformations: [{ type: 'DIRECT', subtype: 'IDENTITY' }] }] } }, dataset: [{ namespace: 'x', name: 'y', field: 'w' }] },
} });
const whole = (): object => ({
  eventTime: '2026-06-01T12:00:00.123456789+02:00', eventType: 'START', run: { runId: 'r' }, inputs: [dataset()], outputs: [dataset()],
  job: { namespace: 'n', name: 'j', facets: { jobType: { processingType: 'STREAMING', integration: 'FLINK' }, lineage: { entries: [{ namespace: 'x', name: 'y', type: 'DATASET', inputs: [{ type: 'JOB' }], fields: { a: { inputs: [{ namespace: 'x', name: 'y', type: 'DATASET', field: 'b' }] } } }] } } },
});

/** Every place in a document, as the keys that lead there. */
function placesIn(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => placesIn(inner, [...path, key]))];
}
function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<string, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

test('whatever stands in any place of an event, it is taken or refused with its place, and nothing breaks', { timeout: 60_000 }, async () => {
  const places = placesIn(whole());
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom(...places), odd), { minLength: 1, maxLength: 3 }), async (mutations) => {
    const event = mutations.reduce<unknown>((mutated, [path, by]) => (placesIn(mutated).some((known) => String(known) === String(path)) ? replaced(mutated, path, by) : mutated), whole());
    const { status, body } = await catalog.post('/v1/lineage/batch', [event, whole()]);
    expect([status, body.summary.received, body.summary.successful + body.summary.failed]).toEqual([200, 2, 2]);
    for (const failed of body.failed_events) expect(failed).toEqual({ index: 0, reason: expect.stringMatching(/^(?:the event|\/)/) as string, retriable: false });
  }), { numRuns: 300 });
  // What was taken can be asked about.
  expect((await catalog.get('/v1/search?q=orders')).status).toBe(200);
});
