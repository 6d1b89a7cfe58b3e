import pino from 'pino';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { buildStatusApp } from '../../server/status/status-app.ts';

test('a process that answers no questions shows metrics only where it is told to', async () => {
  const log = pino({ level: 'silent' });
  const readiness = () => Promise.resolve([]);
  const [shown, hidden] = [buildStatusApp({ readiness, metrics: new Registry(), log }), buildStatusApp({ readiness, metrics: null, log })];
  expect([(await shown.inject('/metrics')).statusCode, (await hidden.inject('/metrics')).statusCode, (await hidden.inject('/healthz')).statusCode]).toEqual([200, 404, 200]);
});
