import { beforeAll, expect, test } from 'vitest';
import denied from '../../ingest/demo/gate-denied.json' with { type: 'json' };
import { describePortal } from './describe-portal.ts';

const DATASET = '/datasets/kafka%3A%2F%2Fmain/payments';
const PAST = '2026-11-01T12:00:00.000Z';

describePortal('discovery in a browser', async () => ({}), (portal) => {
  let decision = '';
  beforeAll(async () => {
    decision = String((await portal.service.post('/v1/gate/decisions', denied))['decisionId']);
    const proposal = { subject: { namespace: 'registry://main', name: 'payments-value' }, schema: denied.program.outputs[0]?.writerSchema, reason: 'amounts are of orders now' };
    await portal.service.post('/v1/schema-changes', proposal);
  });

  test('finds a dataset, its field and what removing it breaks by keyboard alone', async () => {
    const { page, open } = await portal.page();
    await open('/');
    await page.keyboard.press('/');
    await page.keyboard.type('payments');
    await page.waitForURL('**/?q=payments');
    await page.getByText('7 found').waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(`**${DATASET}`);
    await page.locator('[data-field="amount"]').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Field amount' }).getByText('team-checkout').waitFor();
    await page.getByRole('link', { name: 'What if it goes or changes?' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Removing payments.amount breaks 2 readers').waitFor();
    await page.reload();
    await page.getByText('Removing payments.amount breaks 2 readers').waitFor();
  });

  test('marks what was searched for in names and descriptions, narrows by what there is, and saves what was found', async () => {
    const { page, open } = await portal.page();
    await open('/search?q=payments');
    expect(await page.locator('li mark').allInnerTexts()).toContain('payments');
    await page.getByRole('checkbox', { name: /^subject/ }).check();
    await page.waitForURL('**kind=subject**');
    await page.getByText('2 found').waitFor();
    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: 'CSV' }).click();
    expect((await saving).suggestedFilename()).toBe('found.csv');
    await page.getByRole('link', { name: 'registry://main/payments-value' }).click();
    await page.waitForURL('**/subjects/**');
    await page.getByRole('link', { name: 'kafka://main/payments' }).click();
    await page.waitForURL(`**${DATASET}`);
  });

  test('a page for whatever search finds', async () => {
    const { page, open } = await portal.page();
    for (const [query, address, shown] of [['column-rename', '/processors/mesh/column-rename', '25 jobs, 25 deployed'], ['checkout&kind=pipeline', '/pipelines/mesh/checkout', '2 jobs, 2 deployed']] as const) {
      await open(`/search?q=${query}`);
      await page.getByRole('searchbox', { name: 'Search', exact: true }).press('Enter');
      await page.waitForURL(`**${address}`);
      await page.getByText(shown).waitFor();
    }
  });

  test('takes the instant and the cluster along, and says where they do not count', async () => {
    const { page, open } = await portal.page();
    await open(`${DATASET}?asOf=${PAST}&cluster=main`);
    await page.getByText('As it was at').waitFor();
    await page.getByRole('link', { name: 'Lineage', exact: true }).last().click();
    await page.waitForURL((url) => url.pathname === '/lineage' && url.searchParams.get('asOf') === PAST && url.searchParams.get('cluster') === 'main');
    await page.getByRole('searchbox', { name: 'Search', exact: true }).fill('payments');
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname === '/search' && url.searchParams.get('cluster') === 'main');
    await page.getByText('This page shows now').waitFor();
    const clusters = page.getByRole('combobox', { name: 'Cluster that is searched' });
    await clusters.focus();
    await clusters.locator('option', { hasText: 'edge' }).waitFor({ state: 'attached' });
    await clusters.selectOption('');
    await page.getByRole('button', { name: 'Back to now' }).click();
    await page.waitForURL((url) => url.search === '?q=payments');
  });

  test('shows who reads a field, why, and of whom nobody knows', async () => {
    const { page, open } = await portal.page();
    await open(`${DATASET}?field=amount`);
    const drawer = page.getByRole('complementary', { name: 'Field amount' });
    expect(await drawer.innerText()).toMatch(/Read by 2, 1 unknown[\s\S]*orders-enrich[\s\S]*FILTER[\s\S]*nobody knows which fields/);
  });

  test('orders fields by how many read them, narrows them, and puts two versions side by side', async () => {
    const { page, open } = await portal.page();
    await open(DATASET);
    const fields = page.getByRole('region', { name: 'fields', exact: true });
    await fields.getByRole('button', { name: 'Read by' }).click();
    await fields.getByRole('button', { name: 'Read by' }).click();
    expect(await fields.locator('[data-field]').first().innerText()).toMatch(/^(amount|currency)$/);
    expect(await fields.locator('[data-field="$key.id"]').count()).toBe(1);
    await page.getByRole('button', { name: 'v3', exact: true }).click();
    await page.waitForURL('**value-diff=2..3');
    const diff = page.getByRole('region', { name: 'v2 beside v3' });
    await diff.locator('.added').filter({ hasText: '"name": "paid_at"' }).waitFor();
    await page.getByText('v3 reads v2').waitFor();
  });

  test('tells at home what changed, what was denied and what waits', async () => {
    const { page, open } = await portal.page();
    await open('/');
    await page.getByText(/revisions 1 – \d+/).waitFor();
    await page.getByRole('link', { name: 'payments-value' }).waitFor();
    await page.getByRole('link', { name: 'connect://main/payments-cdc' }).click();
    await page.waitForURL(`**/gate/${decision}`);
    await page.goBack();
    await page.getByRole('link', { name: /\d+ consumers/ }).click();
    await page.waitForURL('**/search?kind=consumer');
  });

  test('tells of every part, and of topics nobody reads how that is known', async () => {
    const { page, open } = await portal.page();
    await open('/platform');
    await page.getByText('Every part of this process can do its work').waitFor();
    await page.getByRole('link', { name: 'Topics nobody reads' }).click();
    await page.waitForURL('**/platform?view=unread');
    await page.getByText('nobody observes readers in their clusters').waitFor();
    await page.reload();
    await page.getByRole('link', { name: 'kafka://edge/ads-ad-break-renamed' }).click();
    await page.waitForURL('**/datasets/**');
    // It has readers of which nobody knows what they read, and some known ones.
    await open('/platform?view=unread');
    expect(await page.getByRole('link', { name: 'kafka://main/payments', exact: true }).count()).toBe(0);
  });

  test('says which part keeps true answers back, and of which process nothing is heard', async () => {
    const { page, open } = await portal.page();
    let isLocked = true;
    await page.route('**/v1/platform', async (route) => {
      const body = (await (await route.fetch()).json()) as { processes: { parts: { part: string; ready: boolean; detail: string }[] }[] };
      const [here] = body.processes;
      const parts = (here?.parts ?? []).map((one) => (one.part === 'store' && isLocked ? { ...one, ready: false, detail: 'the store is locked' } : one));
      const silent = { kind: 'ingest', instance: 'sluice-ingest-0/1/3fa85f64', startedAt: PAST, heardAt: PAST, state: 'silent', parts: [{ part: 'kafka', ready: true, required: true, detail: 'lag 0' }], figures: [] };
      await route.fulfill({ json: { ...body, processes: [{ ...here, parts }, silent] } });
    });
    await open('/platform');
    expect(await page.getByRole('alert').innerText()).toMatch(/store is not ready[\s\S]*the store is locked/);
    isLocked = false;
    await open('/platform');
    await page.getByText('ingest sluice-ingest-0 is not heard from').waitFor();
    await page.getByRole('row').filter({ hasText: 'kafka' }).getByText('not heard from').waitFor();
  });
});
