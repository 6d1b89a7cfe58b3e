import { expect, test } from 'vitest';
import { restOf, revisionsOf } from '../../../web/home/steps.ts';

test('names one revision or a span of them, counted from the first that is new', () => {
  expect([revisionsOf({ after: 13, revision: 14 }), revisionsOf({ after: 0, revision: 1300 })]).toEqual(['revision 14', 'revisions 1 – 1,300']);
});

test('says how many are not named, and when nobody can tell', () => {
  const entities = [{ kind: 'dataset', namespace: 'kafka://main', name: 'a' } as const];
  expect([restOf({ changed: 1, entities }), restOf({ changed: 2001, entities }), restOf({ changed: null, entities: [] })]).toEqual(['', 'and 2,000 more', 'more changed than can be told']);
});
