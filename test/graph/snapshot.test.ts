import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { LineageIndex } from '../../server/graph/lineage-index.ts';
import { readSnapshot } from '../../server/graph/snapshot.ts';
import { type MemorySource } from './memory-source.ts';
import { commits, RandomWorld } from './random-world.ts';
import { expectSameAnswers } from './same-answers.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-snapshot-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const snapshot = { file: join(folder, 'graph.snapshot'), identity: 'store 1' };
const history = fc.array(commits(8), { minLength: 1, maxLength: 4 });

/** Opens an index and counts how often it read the whole source. */
async function openCounting(world: RandomWorld, identity = snapshot.identity): Promise<{ index: LineageIndex; scans: number; notes: string[] }> {
  let scans = 0;
  const notes: string[] = [];
  const { source } = world;
  const counting = { revision: source.revision.bind(source), delta: source.delta.bind(source), scan: (...[sink]: Parameters<MemorySource['scan']>) => (scans++, source.scan(sink)) };
  const index = await LineageIndex.open(counting, { snapshot: { ...snapshot, identity }, onNote: (note) => notes.push(note) });
  return { index, scans, notes };
}

async function written(happened: Parameters<RandomWorld['commit']>[0]): Promise<RandomWorld> {
  const world = new RandomWorld(happened);
  await (await LineageIndex.open(world.source, { snapshot })).writeSnapshot();
  return world;
}

describe('a snapshot', () => {
  test('is read back as what it was taken of, and catches up from there', async () => {
    await fc.assert(
      fc.asyncProperty(commits(25), history, history, fc.boolean(), async (first, before, after, isRebuilding) => {
        rmSync(snapshot.file, { force: true });
        const world = new RandomWorld(first);
        const index = await LineageIndex.open(world.source, { snapshot });
        for (const happened of before) world.commit(happened);
        if (isRebuilding) void index.rebuild();
        await index.catchUp();
        await index.writeSnapshot();
        for (const happened of after) world.commit(happened);
        const again = await openCounting(world);
        expect([again.scans, again.notes]).toEqual([0, []]);
        await expectSameAnswers(again.index, world);
      }),
      { numRuns: 80 },
    );
  });

  test('with any bit flipped is refused with a reason or still says the same', async () => {
    const world = await written([{ what: 'field', dataset: 0, path: '__proto__', span: 3 }, { what: 'state', actor: 0, evidence: 0, edges: [{ kind: 'DERIVES', from: 0, to: 1, span: 0, completeness: 0, reasons: 1, identity: true }] }]);
    const whole = readFileSync(snapshot.file);
    const sound = readSnapshot(snapshot.file, snapshot.identity);
    const damaged = join(folder, 'damaged');
    for (let bit = 0; bit < whole.length * 8; bit += whole.length > 4096 ? 5 : 1) {
      const bytes = Buffer.from(whole);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      writeFileSync(damaged, bytes);
      const read = readSnapshot(damaged, snapshot.identity);
      if (read.outcome === 'read') expect(read).toEqual(sound);
      else expect(read.reason).not.toBe('');
    }
    writeFileSync(snapshot.file, Buffer.concat([whole.subarray(0, 200), Buffer.from('?'), whole.subarray(201)]));
    const { index, scans, notes } = await openCounting(world);
    expect(scans).toBe(1);
    expect(notes[0]).toMatch(/is not used/);
    await expectSameAnswers(index, world);
  });

  test('that was cut short is refused, wherever it ends', async () => {
    const world = await written([{ what: 'field', dataset: 0, path: 'ключ', span: 0 }]);
    const whole = readFileSync(snapshot.file);
    const sound = readSnapshot(snapshot.file, snapshot.identity);
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(snapshot.file, whole.subarray(0, length));
      const read = readSnapshot(snapshot.file, snapshot.identity);
      // Only padding may be missing.
      if (read.outcome === 'read') expect([read, whole.length - length < 8]).toEqual([sound, true]);
    }
    writeFileSync(snapshot.file, whole.subarray(0, whole.length / 2));
    const { index, scans } = await openCounting(world);
    expect(scans).toBe(1);
    await expectSameAnswers(index, world);
  });

  test('of another store says nothing', async () => {
    const world = await written([]);
    const { index, scans, notes } = await openCounting(world, 'store 2');
    expect([scans, notes.length]).toEqual([1, 1]);
    await expectSameAnswers(index, world);
  });

  test('that is ahead of its store, put back from a backup, is not used', async () => {
    const ahead = new RandomWorld([]);
    for (let i = 0; i < 3; i++) ahead.commit([{ what: 'dataset', name: `lost ${i}` }]);
    await (await LineageIndex.open(ahead.source, { snapshot })).writeSnapshot();
    const world = new RandomWorld([]);
    const { index, scans, notes } = await openCounting(world);
    expect([scans, notes[0]]).toEqual([1, expect.stringMatching(/revision 4, the store is at 1/)]);
    await expectSameAnswers(index, world);
  });

  test('is written only where it was told to', async () => {
    rmSync(snapshot.file, { force: true });
    const index = await LineageIndex.open(new RandomWorld([]).source);
    await index.writeSnapshot();
    expect(existsSync(snapshot.file)).toBe(false);
  });
});
