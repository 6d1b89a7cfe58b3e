import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lineageOfScript } from '../../../../server/catalog/flink/sql/script-lineage.ts';
import { SqlFailure } from '../../../../server/catalog/flink/sql/sql-failure.ts';
import { StatementGrammar } from '../../../../server/catalog/flink/sql/statement-grammar.ts';
import { answerText } from './lineage-text.ts';
import { mutated, MUTATIONS } from './mutations.ts';
import { plannerCases } from './planner-cases.ts';
import { printSql } from './print-sql.ts';

/** null: the script cannot be parsed. */
function reprinted(script: string): string | null {
  try {
    return printSql(new StatementGrammar(script).statements());
  } catch (failure) {
    if (failure instanceof SqlFailure) return null;
    throw failure;
  }
}

test.each(['handmade', 'generated'] as const)('printing what was parsed of the %s scripts gives the same lineage', (corpus) => {
  for (const { id, script } of plannerCases(corpus)) {
    const printed = reprinted(script);
    if (printed === null) continue;
    expect({ id, answer: answerText(lineageOfScript(printed)) }).toEqual({ id, answer: answerText(lineageOfScript(script)) });
    expect(reprinted(printed)).toBe(printed);
  }
});

const SCRIPTS = (['handmade', 'generated'] as const).flatMap(plannerCases).map(({ script }) => script);
const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const changes = fc.array(fc.record({ kind: fc.constantFrom(...MUTATIONS.filter((kind) => kind !== 'cut')), at: share, to: share }), { minLength: 1, maxLength: 3 });

test('printing what was parsed of a changed script gives the same answer', () => {
  fc.assert(fc.property(fc.constantFrom(...SCRIPTS), fc.constantFrom(...SCRIPTS), changes, (script, other, mutations) => {
    const changed = mutated(script, other, mutations);
    const printed = reprinted(changed);
    if (printed !== null) expect(answerText(lineageOfScript(printed))).toEqual(answerText(lineageOfScript(changed)));
  }), { numRuns: 3_000, seed: 4 });
});
