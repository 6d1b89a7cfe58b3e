import { expect, test } from 'vitest';
import type { Schemas } from '../../../web/shared/api.ts';
import { listed, subjectOf, verdictTone, whatItTakes, whyAsked } from '../../../web/changes/agreement.ts';
import { told } from '../../../web/changes/story.ts';

const asked = (team: string, waiting: string[]) => ({ team, findings: ['f'], waiting });
const blocked = [{ finding: 'g', remedy: 'declare an owner' }, { finding: 'h', remedy: 'declare an owner' }];

test('what blocks comes before what waits, and what waits before what nobody knows', () => {
  const tone = (agreement: Schemas['SchemaChangeEvaluation']['agreement'], completeness: Schemas['Completeness'] = 'complete') => verdictTone({ agreement, completeness });
  expect(tone({ agreed: false, teams: [asked('red', ['f'])], blocked })).toBe('deny');
  expect(tone({ agreed: false, teams: [asked('red', ['f'])], blocked: [] }, 'unknown')).toBe('warn');
  expect([tone({ agreed: true, teams: [], blocked: [] }), tone({ agreed: true, teams: [], blocked: [] }, 'partial')]).toEqual(['ok', 'unknown']);
});

test('says what it takes to go on', () => {
  expect(whatItTakes({ agreed: false, teams: [], blocked })).toBe('Nobody can agree to it as it is: declare an owner.');
  expect(whatItTakes({ agreed: false, teams: [asked('blue', []), asked('green', ['f']), asked('red', ['f'])], blocked: [] })).toBe('green and red must agree.');
  expect(whatItTakes({ agreed: true, teams: [], blocked: [] })).toBe('Nobody has to agree.');
  expect(listed(['a', 'b', 'c'])).toBe('a, b and c');
});

test('a team is asked for each of its readers once, and by the findings that are its own', () => {
  const reader = (name: string, owner: string) => ({ kind: 'job' as const, namespace: 'flink://main', name, owner, path: [] });
  const finding = (id: string, ...affected: Schemas['Affected'][]) => ({ id, affected }) as unknown as Schemas['Finding'];
  const all = [finding('f', reader('a', 'red'), reader('b', 'blue')), finding('g', reader('a', 'red')), finding('h', reader('c', 'red'))];
  const { readers, findings } = whyAsked(['f', 'g'], 'red', all);
  expect([readers.map(({ name }) => name), findings.map(({ id }) => id)]).toEqual([['a'], ['f', 'g']]);
});

test('reads a subject with its registry, and nothing else', () => {
  expect(subjectOf(' registry://main/shop/orders-value ')).toEqual({ namespace: 'registry://main', name: 'shop/orders-value' });
  expect([subjectOf('orders-value'), subjectOf('registry://main/'), subjectOf('')]).toEqual([null, null, null]);
});

test('tells events by what they did and in the words that were left', () => {
  const at = { at: '', by: 'b', byName: 'Bob' };
  expect(told({ ...at, event: 'agreed', team: 'red', reason: 'fine' })).toEqual({ what: 'agreed for red', words: 'fine' });
  expect(told({ ...at, event: 'commented', text: 'why?' })).toEqual({ what: 'said', words: 'why?' });
  expect(told({ ...at, event: 'withdrawn', reason: null })).toEqual({ what: 'took it back', words: '' });
});
