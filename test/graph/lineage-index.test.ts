import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GraphDelta, GraphSource } from '../../server/catalog/lineage/rows.ts';
import { entityKey } from '../../server/catalog/names.ts';
import { LineageIndex } from '../../server/graph/lineage-index.ts';
import { expectSameAnswers } from './same-answers.ts';
import { MemorySource } from './memory-source.ts';
import { commits, RandomWorld } from './random-world.ts';

const history = fc.array(commits(8), { minLength: 1, maxLength: 6 });

describe('the lineage index', () => {
  test('after any deltas answers like one that reads everything now', async () => {
    await fc.assert(
      fc.asyncProperty(commits(25), history, fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), async (first, later, catchesUp) => {
        const world = new RandomWorld(first);
        const index = await LineageIndex.open(world.source);
        for (const [i, happened] of later.entries()) {
          world.commit(happened);
          if (catchesUp[i] === true) await index.catchUp();
        }
        await index.catchUp();
        await expectSameAnswers(index, world);
      }),
      { numRuns: 150 },
    );
  });

  test('goes on answering rightly when it is rebuilt while deltas arrive', async () => {
    await fc.assert(
      fc.asyncProperty(commits(25), history, fc.array(fc.nat(3), { minLength: 6, maxLength: 6 }), async (first, later, deeds) => {
        const world = new RandomWorld(first);
        const index = await LineageIndex.open(world.source);
        const rebuilds: Promise<void>[] = [];
        for (const [i, happened] of later.entries()) {
          world.commit(happened);
          if (deeds[i] === 1 || deeds[i] === 3) rebuilds.push(index.rebuild());
          if (deeds[i] !== 0) await index.catchUp();
          if (deeds[i] === 3) await index.rebuild();
        }
        await index.catchUp();
        await expectSameAnswers(index, world);
        await Promise.all(rebuilds);
        await index.rebuild();
        await expectSameAnswers(index, world);
        expect(index.statistics()).toMatchObject({ overlay: 0, nodes: world.source.nodes.length, edges: world.source.edges.length });
      }),
      { numRuns: 150 },
    );
  });

  test('takes what a delta adds in the middle of a rebuild from the delta alone', async () => {
    // Enough rows that copying them takes more than one turn.
    const world = new RandomWorld([]);
    for (let i = 0; i < 400; i++) world.commit([{ what: 'actor', kind: 'job', name: `job ${i}` }, { what: 'state', actor: i + 3, evidence: 0, edges: Array.from({ length: 400 }, (_, k) => ({ kind: 'READS', from: k, to: 0, span: 0, completeness: 0, reasons: 1, identity: false })) }]);
    const index = await LineageIndex.open(world.source);
    const rebuilt = index.rebuild();
    let turns = 0;
    for (let isDone = false; !isDone; turns++) {
      world.commit([{ what: 'field', dataset: 0, path: `new ${turns}`, span: 0 }, { what: 'state', actor: turns * 7, evidence: 0, edges: [{ kind: 'DERIVES', from: 4 + turns, to: 1, span: 0, completeness: 0, reasons: 1, identity: true }] }]);
      await index.catchUp();
      isDone = await Promise.race([rebuilt.then(() => true), new Promise<boolean>((resolve) => setImmediate(() => resolve(false)))]);
    }
    expect(turns).toBeGreaterThan(2);
    await index.catchUp();
    await expectSameAnswers(index, world);
  }, 60_000);

  test('reads everything again when too much has changed for a delta', async () => {
    await fc.assert(
      fc.asyncProperty(commits(25), history, async (first, later) => {
        const world = new RandomWorld(first, new MemorySource({ mostCommits: 1 }));
        const index = await LineageIndex.open(world.source);
        const heard: (readonly number[] | 'everything')[] = [];
        index.onChange((changed) => heard.push(changed));
        for (const happened of later) world.commit(happened);
        expect((await index.catchUp()).revision).toBe(later.length + 1);
        expect(heard.includes('everything')).toBe(later.length > 1);
        await expectSameAnswers(index, world);
      }),
      { numRuns: 100 },
    );
  });

  test('brings every catch-up to a revision no older than when it was asked for', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), history, async (scheduler, later) => {
        const world = new RandomWorld([]);
        const { source } = world;
        const slow = {
          revision: scheduler.scheduleFunction(() => source.revision()),
          delta: scheduler.scheduleFunction((revision: number): Promise<GraphDelta | 'too-many'> => source.delta(revision)),
          scan: source.scan.bind(source),
        };
        const index = await scheduler.waitFor(LineageIndex.open(slow));
        const asked = later.map((happened) => {
          world.commit(happened);
          return index.catchUp().then(({ revision }) => revision);
        });
        const reached = await scheduler.waitFor(Promise.all(asked));
        reached.forEach((revision, i) => expect(revision).toBeGreaterThanOrEqual(i + 2));
        await expectSameAnswers(index, world);
      }),
      { numRuns: 100 },
    );
  });

  test('forgets what a source no longer has that was put back from a copy', async () => {
    const [ahead, copy] = [new RandomWorld([]), new RandomWorld([])];
    ahead.commit([{ what: 'state', actor: 0, evidence: 0, edges: [] }]);
    ahead.commit([{ what: 'state', actor: 1, evidence: 0, edges: [] }]);
    copy.commit([{ what: 'state', actor: 2, evidence: 0, edges: [] }]);
    let source: GraphSource = ahead.source;
    const switched: GraphSource = { revision: () => source.revision(), delta: (revision) => source.delta(revision), scan: (sink) => source.scan(sink) };
    const notes: string[] = [];
    const index = await LineageIndex.open(switched, { onNote: (note) => notes.push(note) });
    const heard: unknown[] = [];
    index.onChange((changed) => heard.push(changed));
    source = copy.source;
    await Promise.all([index.catchUp(), index.catchUp()]);
    expect([index.revision.revision, heard[0], notes[0]]).toEqual([(await copy.source.revision()).revision, 'everything', expect.stringContaining('put back from a copy')]);
    copy.commit([{ what: 'state', actor: 0, evidence: 0, edges: [] }]);
    await index.catchUp();
    await expectSameAnswers(index, copy);
  });

  test('tells which entities a delta is about', async () => {
    const world = new RandomWorld([]);
    const index = await LineageIndex.open(world.source);
    const heard: (readonly number[] | 'everything')[] = [];
    index.onChange((changed) => heard.push(changed));
    world.commit([{ what: 'state', actor: 0, evidence: 0, edges: [] }]);
    await index.catchUp();
    const job = world.source.nodes.find(({ kind }) => kind === 'job');
    expect(heard).toEqual([[job?.id]]);
  });

  test('knows nothing of what the graph has never heard of', async () => {
    const index = await LineageIndex.open(new MemorySource());
    const ghost = { namespace: '__proto__', name: 'constructor' };
    const closure = index.closure({ from: [{ kind: 'dataset', ...ghost }, { kind: 'field', ...ghost, path: '__proto__' }], direction: 'downstream', depth: null, asOf: null, evidence: null });
    expect([closure.size, closure.completeness, [...closure.entries()]]).toEqual([0, 'complete', []]);
    expect(closure.walkTo({ kind: 'dataset', ...ghost })).toEqual([]);
    expect([index.readersOf(ghost), index.writersOf(ghost), index.fieldsOf(ghost)]).toEqual([[], [], []]);
  });

  test('counts what a walk starts from once, however often it is named', async () => {
    const world = new RandomWorld([]);
    const index = await LineageIndex.open(world.source);
    const from = Array.from({ length: 500 }, () => ({ kind: 'field', namespace: 'kafka://main', name: 'orders', path: 'f0' }) as const);
    const closure = index.closure({ from, direction: 'downstream', depth: null, asOf: null, evidence: null });
    expect([...closure.entries()].map(({ ref }) => entityKey(ref))).toEqual([]);
  });
});
