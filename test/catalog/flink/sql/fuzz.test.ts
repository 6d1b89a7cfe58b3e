import { expect, test } from 'vitest';
import { SeededRandom } from '../../../../ingest/demo/seeded-random.ts';
import { lineageOfScript } from '../../../../server/catalog/flink/sql/script-lineage.ts';
import { type Mutation, MUTATIONS, mutated, wrongWith } from './mutations.ts';
import { plannerCases } from './planner-cases.ts';

const ROUNDS = 4_000;
const SCRIPTS = (['handmade', 'generated'] as const).flatMap(plannerCases).map(({ script }) => script);

test('answers or refuses every damaged script, and says where', () => {
  const random = new SeededRandom(20_260_101);
  const any = <T>(items: readonly T[]): T => items[Math.floor(random.next() * items.length)]!;
  for (let round = 0; round < ROUNDS; round++) {
    const changes = Array.from({ length: 1 + Math.floor(random.next() * 4) }, (): Mutation => ({ kind: any(MUTATIONS), at: random.next(), to: random.next() }));
    const script = mutated(any(SCRIPTS), any(SCRIPTS), changes);
    const wrong = wrongWith(lineageOfScript(script), script);
    if (wrong !== null) expect.fail(`${wrong} in:\n${script}`);
  }
});

test.each([0, 1, 2])('answers or refuses a script cut at any place: %i', (i) => {
  const script = SCRIPTS[i * 50]!;
  for (let end = 0; end <= script.length; end++) expect(wrongWith(lineageOfScript(script.slice(0, end)), script.slice(0, end))).toBeNull();
});
