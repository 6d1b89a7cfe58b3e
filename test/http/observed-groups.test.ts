import { afterEach, beforeEach, expect, test } from 'vitest';
import { NOON, openTestCatalog, recordText, redeploy, smallPlatform, type TestCatalog } from './catalog.ts';

let catalog: TestCatalog;
beforeEach(async () => {
  catalog = await openTestCatalog();
});
afterEach(() => catalog.stop());

/** As a look at the groups of a cluster tells it: a group has offsets in the topic, and which fields it reads nobody sees. */
const groupSeen = (name: string): Promise<unknown> => catalog.store.apply({
  changes: [{ change: 'observation', what: 'reads', actor: { kind: 'consumer', namespace: 'kafka://main', name }, dataset: { namespace: 'kafka://main', name: 'payments' }, path: null, schemaId: null, firstSeen: NOON, lastSeen: NOON }],
  committedAt: NOON, offset: null,
});
interface Reader { readonly name: string; readonly completeness: string; readonly fields: number; readonly evidence: readonly { readonly evidence: string }[] }
const reader = async (name: string, more = ''): Promise<Reader | undefined> => ((await catalog.get(`/v1/datasets/kafka%3A%2F%2Fmain/payments${more}`)).body.readers as readonly Reader[]).find((one) => one.name === name);
const unknownUses = async (): Promise<readonly string[]> => {
  const { findings } = (await catalog.post('/v1/gate/decisions', { ...redeploy(recordText({ id: 'string', amount: 'long' })), dryRun: true })).body as { readonly findings: readonly { readonly rule: string; readonly affected: readonly { readonly name: string }[] }[] };
  return findings.filter(({ rule }) => rule === 'output-unknown-use').flatMap(({ affected }) => affected.map(({ name }) => name)).sort();
};

test.each([['before', true], ['after', false]])('a group seen %s it was declared keeps what was declared, each on its own evidence', async (_, isFirst) => {
  if (isFirst) await groupSeen('ledger');
  await catalog.say(...smallPlatform());
  if (!isFirst) await groupSeen('ledger');
  expect(await reader('ledger')).toMatchObject({ completeness: 'complete', fields: 1 });
  expect((await reader('ledger'))?.evidence.map(({ evidence }) => evidence).sort()).toEqual(['declared', 'observed']);
  expect(await reader('ledger', '?evidence=declared')).toMatchObject({ completeness: 'complete', fields: 1 });
  expect(await reader('ledger', '?evidence=observed')).toMatchObject({ completeness: 'unknown', fields: 0 });
  // It is known not to read the note, and is not asked about it; the group that nobody declared is.
  expect(await unknownUses()).toEqual(['legacy']);
});

test('a group that nobody declared is asked about every field', async () => {
  await catalog.say(...smallPlatform());
  await groupSeen('nightly-export');
  expect(await reader('nightly-export')).toMatchObject({ completeness: 'unknown', fields: 0, evidence: [{ evidence: 'observed' }] });
  expect(await unknownUses()).toEqual(['legacy', 'nightly-export']);
});
