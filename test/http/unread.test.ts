import pino from 'pino';
import { expect, test } from 'vitest';
import { buildCatalogService } from '../../server/catalog-service.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { NOON, PAYMENT, redeploy } from './catalog.ts';

const DECISIONS = '/v1/gate/decisions';

test('before the graph is read questions and the gate are told to wait, and what needs no graph is answered', async () => {
  const store = openSqliteStore({ file: ':memory:' });
  const service = await buildCatalogService({ store, aliases: new Map(), clock: () => NOON, log: pino({ level: 'silent' }), snapshot: null });
  const ask = (method: 'GET' | 'POST', url: string, payload?: object) => service.app.inject({ method, url, ...(payload === undefined ? {} : { payload }) });
  for (const asked of [await ask('POST', DECISIONS, redeploy(PAYMENT)), await ask('GET', '/v1/revision'), await ask('GET', '/v1/datasets/kafka%3A%2F%2Fmain/payments')]) {
    expect([asked.statusCode, asked.json().type, asked.headers['retry-after']]).toEqual([503, 'urn:sluice:problem:not-ready', '1']);
  }
  expect((await ask('GET', DECISIONS)).json().total).toBe(0);
  const readiness = await ask('GET', '/readyz');
  expect([readiness.statusCode, readiness.json().parts]).toEqual([503, [
    { part: 'store', required: true, ready: true, detail: 'at revision 0' }, { part: 'index', required: true, ready: false, detail: 'the lineage graph is not read yet' },
    { part: 'gate', required: false, ready: true, detail: 'permits open: 0, approvals by break-glass in force: 0, bypasses recorded: 0' },
  ]]);
  await service.index.read();
  expect((await ask('POST', DECISIONS, redeploy(PAYMENT))).statusCode).toBe(200);
  expect((await ask('GET', '/readyz')).statusCode).toBe(200);
  await service.stop();
  await store.close();
});
