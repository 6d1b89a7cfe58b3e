import { expect, test } from 'vitest';
import { figuresOf, partsOf, stateOf, verdictOf } from '../../../web/platform/health.ts';

type State = 'here' | 'heard' | 'silent';
const part = (name: string, ready: boolean, required = true) => ({ part: name, ready, required, detail: `${name} says so` });
const figure = { part: 'kafka', name: 'lag', help: 'h', kind: 'gauge' as const, value: 3 };
const process = (kind: 'server' | 'ingest', state: State, ...parts: ReturnType<typeof part>[]) => ({ kind, instance: `${kind}-0/1/ab`, startedAt: '2026-11-27T10:00:00Z', heardAt: '2026-11-27T10:01:00Z', state, parts, figures: kind === 'ingest' ? [figure] : [] });
const verdict = (...processes: ReturnType<typeof process>[]) => verdictOf({ processes, othersUnknown: null });

test('all is well when every part of every process is', () => {
  expect(verdict(process('server', 'here', part('store', true))).title).toBe('Every part of this process can do its work');
  expect(verdict(process('server', 'here', part('store', true)), process('ingest', 'heard', part('kafka', true)))).toMatchObject({ tone: 'ok', title: 'Every part of all 2 processes can do its work' });
});

test('what keeps true answers back comes before what is late, and that before what is not heard from', () => {
  const silent = process('ingest', 'silent', part('kafka', false));
  const late = process('ingest', 'heard', part('flink', false, false), part('kafka', false));
  expect(verdict(process('server', 'here', part('registry', false, false), part('store', false)), late, silent)).toEqual({ tone: 'deny', title: 'No true answers: store is not ready', detail: 'store says so' });
  expect(verdict(process('server', 'here', part('store', true)), late, silent)).toMatchObject({ tone: 'deny', title: 'kafka of ingest ingest-0 is not ready; answers rest on what it said last' });
  expect(verdict(process('server', 'here', part('store', true)), silent)).toMatchObject({ tone: 'unknown', title: 'ingest ingest-0 is not heard from' });
});

test('says so when nothing could be read of others', () => {
  expect(verdictOf({ processes: [process('server', 'here', part('store', true))], othersUnknown: 'the store is locked' })).toEqual({ tone: 'unknown', title: 'How other processes are could not be read', detail: 'the store is locked' });
});

test('nobody knows how a part of a silent process is now, whatever it said last', () => {
  const platform = { processes: [process('server', 'here', part('store', true)), process('ingest', 'silent', part('kafka', true))], othersUnknown: null };
  expect(partsOf(platform).map(stateOf)).toEqual(['ready', 'not heard from']);
  expect(figuresOf(platform).map(({ name, process: of }) => [name, of.kind])).toEqual([['lag', 'ingest']]);
});
