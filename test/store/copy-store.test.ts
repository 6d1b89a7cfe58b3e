import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { copyStore } from '../../server/store/copy-store.ts';
import { graphHash } from '../../server/store/graph-hash.ts';
import { openSqliteHistory } from '../../server/store/sqlite/history.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { anyChange } from './arbitrary-changes.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-copy-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a copy has the graph, the offsets and the ledger of its source, whatever was said', async () => {
  let made = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(anyChange, { minLength: 1, maxLength: 16 }), async (changes) => {
      const file = join(folder, `${made++}.sqlite`);
      const [source, target] = [openSqliteStore({ file }), openSqliteStore({ file: ':memory:' })];
      for (const [i, change] of changes.entries()) await source.apply({ changes: [change], committedAt: 1, offset: { topic: 't', partition: 0, from: i, next: i + 1, generation: 1 } });
      await source.appendToLedger([{ id: 'a', kind: 'decision', at: 1, body: '{}', idempotencyKey: 'k', requestHash: null, job: 'j', owner: 'team-a', outcome: 'allow' }]);
      const history = openSqliteHistory(file);
      await copyStore(history, source, target, () => 1);
      expect((await graphHash(target)).hash).toBe((await graphHash(source)).hash);
      expect(await target.offsets('t')).toEqual(await source.offsets('t'));
      expect(await target.ledger({ limit: 9 })).toEqual(await source.ledger({ limit: 9 }));
      await Promise.all([history, source, target].map((opened) => opened.close()));
    }),
    { numRuns: 40 },
  );
}, 60_000);

test('another edge, time or name gives another hash, another order of arrival does not', async () => {
  const hashOf = async (changes: Parameters<ReturnType<typeof openSqliteStore>['apply']>[0]['changes']): Promise<string> => {
    const store = openSqliteStore({ file: ':memory:' });
    for (const change of changes) await store.apply({ changes: [change], committedAt: 1, offset: null });
    const { hash } = await graphHash(store);
    await store.close();
    return hash;
  };
  const [one, other] = fc.sample(fc.uniqueArray(anyChange, { minLength: 8, maxLength: 8 }), { numRuns: 2, seed: 3 });
  expect(await hashOf(one ?? [])).toBe(await hashOf((one ?? []).toReversed()));
  expect(await hashOf(one ?? [])).not.toBe(await hashOf(other ?? []));
});
