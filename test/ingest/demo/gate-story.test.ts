import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { samplePlatform } from '../../../ingest/demo/sample-platform.ts';
import { NOON, openTestCatalog, type TestCatalog } from '../../http/catalog.ts';

interface Finding {
  readonly rule: string;
  readonly severity: string;
  readonly field?: string;
  readonly affected: readonly { readonly name: string; readonly owner: string | null; readonly path: readonly { readonly name: string }[] }[];
}

let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await openTestCatalog();
  await catalog.say(...samplePlatform(NOON).map(({ event }) => event));
});
afterAll(() => catalog.stop());

const ask = (file: string) => catalog.post('/v1/gate/decisions', JSON.parse(readFileSync(new URL(`../../../ingest/demo/${file}`, import.meta.url), 'utf8')));

test('payments-cdc without amount is denied, and the readers, their owners and the way to them are named', async () => {
  const { status, body } = await ask('gate-denied.json');
  expect([status, body.outcome]).toEqual([200, 'deny']);
  const direct = (body.findings as Finding[]).filter(({ rule, field }) => rule === 'output-breaks-reader' && field === 'amount').flatMap(({ affected }) => affected);
  expect(direct.map(({ name, owner }) => [name, owner]).sort()).toEqual([['finance-ledger', 'team-finance'], ['orders-enrich', 'team-checkout']]);
  for (const { name, path } of direct) expect(path.map((step) => step.name)).toEqual(['payments', name]);
});

test('the denial reaches across pipelines, to the model, the lake and the reports', async () => {
  const { body } = await ask('gate-denied.json');
  const far = (body.findings as Finding[]).filter(({ rule }) => rule === 'downstream-reach').flatMap(({ affected }) => affected);
  const owners = new Map(far.map(({ name, owner }) => [name, owner]));
  expect([...owners]).toEqual(expect.arrayContaining([['fraud-scores', 'team-risk'], ['orders-lake', 'team-checkout'], ['legacy-reports', 'team-reporting']]));
  for (const { path } of far) expect(path.length).toBeGreaterThan(2);
});

test('payments-cdc with one more optional field is allowed without a finding', async () => {
  const { status, body } = await ask('gate-allowed.json');
  expect([status, body.outcome, body.findings]).toEqual([200, 'allow', []]);
});
