import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GraphChange } from '../../server/catalog/changes.ts';
import { EDGE_KINDS } from '../../server/catalog/lineage/rows.ts';
import { run } from '../../server/cli/sluice.ts';
import { snapshotFile, storeFile } from '../../server/config.ts';
import { LineageIndex } from '../../server/graph/lineage-index.ts';
import { graphHash } from '../../server/store/graph-hash.ts';
import { openSqliteStore, type SqliteStore } from '../../server/store/sqlite-store.ts';
import { anyChange } from '../store/arbitrary-changes.ts';
import { fields, job, reads, say, topic, writes } from '../store/changes.ts';

let data: string;
let store: SqliteStore;
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'sluice-verify-'));
  store = openSqliteStore({ file: storeFile(data) });
  await apply(store, say(topic('orders'), 'fields', fields('id', 'sku'), 1), copying('first', 1));
});
afterEach(async () => {
  await store.close();
  rmSync(data, { recursive: true });
});

const copying = (name: string, time: number): GraphChange => say(job(name), 'program', { reads: [reads('orders', ['id'])], writes: [writes('copies', { id: ['orders#id'] })] }, time);
const apply = (to: SqliteStore, ...changes: GraphChange[]) => to.apply({ changes, committedAt: 1, offset: null });

async function snapshotOf(of: SqliteStore): Promise<void> {
  const index = await LineageIndex.open(of, { snapshot: { file: snapshotFile(data), identity: of.identity } });
  await index.writeSnapshot();
}

async function verify(...args: string[]): Promise<{ code: number; out: string }> {
  let out = '';
  const code = await run(['store', 'verify', ...args], { stdin: Readable.from([]), env: { SLUICE_DATA: data }, write: (text) => void (out += text), writeError: (text) => void (out += text) });
  return { code, out };
}

describe('store verify', () => {
  test('finds the store, all that was said and the index to be one graph, with a snapshot that is behind and without one', async () => {
    expect(await verify()).toMatchObject({ code: 0, out: expect.stringMatching(/as all that was said makes it, and so has it the lineage index from the store/) });
    await snapshotOf(store);
    await apply(store, copying('second', 2), say(topic('orders'), 'fields', fields('id'), 3));
    const { code, out } = await verify('--json');
    expect(code).toBe(0);
    const { found, expected, index } = JSON.parse(out);
    expect(index).toEqual({ ...found, from: 'snapshot' });
    expect(expected).toEqual(found);
  });

  test('tells of a snapshot that took another way than its store', async () => {
    const other = join(data, 'other.sqlite');
    await store.backup(other);
    const twin = openSqliteStore({ file: other });
    await apply(twin, copying('never-told', 2));
    await snapshotOf(twin);
    await twin.close();
    await apply(store, copying('second', 2));
    const { code, out } = await verify();
    expect(code).toBe(1);
    expect(out).toContain('but the lineage index from its snapshot has');
    expect(out).not.toContain('but what was said makes');
  });

  test('tells of an edge that was removed by hand, which the snapshot still has', async () => {
    await snapshotOf(store);
    const db = new DatabaseSync(storeFile(data));
    db.exec(`DELETE FROM edge WHERE kind = ${EDGE_KINDS.indexOf('DERIVES')}`);
    db.close();
    const { code, out } = await verify();
    expect(code).toBe(1);
    expect(out).toMatch(/but what was said makes .*, but the lineage index from its snapshot has/);
  });

  test('takes no snapshot of another store', async () => {
    const another = openSqliteStore({ file: ':memory:' });
    await snapshotOf(another);
    await another.close();
    expect(await verify()).toMatchObject({ code: 0, out: expect.stringContaining('from the store') });
  });
});

test('the index has the graph of its store whatever was said, read whole or caught up', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyChange, { minLength: 1, maxLength: 12 }), async (changes) => {
      const source = openSqliteStore({ file: ':memory:' });
      const caughtUp = await LineageIndex.open(source);
      for (const change of changes) {
        await apply(source, change);
        await caughtUp.catchUp();
      }
      const { hash } = await graphHash(source);
      expect((await graphHash(caughtUp)).hash).toBe(hash);
      expect((await graphHash(await LineageIndex.open(source))).hash).toBe(hash);
      await source.close();
    }),
    { numRuns: 40 },
  );
}, 60_000);
