import { expect, test } from 'vitest';
import { readinessAnswer, readinessOf, type WatchedPart } from '../../server/status/readiness.ts';

const part = (name: string, check: WatchedPart['check'], required = true): WatchedPart => ({ part: name, required, check });
const well = (name: string, required = true): WatchedPart => part(name, () => Promise.resolve({ ready: true, detail: 'well' }), required);

test('a part that hangs is not ready, and keeps nobody waiting for the others', async () => {
  const parts = await readinessOf([well('store'), part('index', () => new Promise(() => undefined))], 30)();
  expect(parts).toEqual([
    { part: 'store', required: true, ready: true, detail: 'well' },
    { part: 'index', required: true, ready: false, detail: 'has not answered for 30 ms' },
  ]);
  expect(readinessAnswer(parts).status).toBe(503);
});

test('a part that throws, at once or later, is not ready for that reason', async () => {
  const parts = await readinessOf([part('a', () => Promise.reject(new Error('gone'))), part('b', () => { throw new Error('broken'); })])();
  expect(parts.map(({ ready, detail }) => [ready, detail])).toEqual([[false, 'gone'], [false, 'broken']]);
});

test('only a required part keeps the whole from being ready', async () => {
  const failing = (required: boolean) => part('flink', () => Promise.reject(new Error('gone')), required);
  expect(readinessAnswer(await readinessOf([well('store'), failing(false)])()).status).toBe(200);
  expect(readinessAnswer(await readinessOf([well('store'), failing(true)])()).status).toBe(503);
});
