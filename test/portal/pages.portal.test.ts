import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import denied from '../../ingest/demo/gate-denied.json' with { type: 'json' };
import { watchedPage } from './browser.ts';
import { missingForPortal, startBrowser } from './chromium.ts';
import { pageFaults } from './page-faults.ts';
import { type SampleService, startSampleService } from './sample-service.ts';

const missing = missingForPortal();
const DATASET = '/datasets/kafka%3A%2F%2Fmain/payments';
const FIELD = 'namespace=kafka%3A%2F%2Fmain&name=payments&path=amount';

describe.skipIf(missing !== null)(`the portal in a browser${missing === null ? '' : ` (needs ${missing})`}`, () => {
  let browser: Browser;
  let service: SampleService;
  let decision = '';
  let change = '';
  beforeAll(async () => {
    [browser, service] = await Promise.all([startBrowser(), startSampleService()]);
    decision = String((await service.post('/v1/gate/decisions', denied)).decisionId);
    const proposal = { subject: { namespace: 'registry://main', name: 'payments-value' }, schema: denied.program.outputs[0]?.writerSchema, reason: 'amounts are of orders now' };
    change = (await service.post('/v1/schema-changes', proposal) as { proposal: { id: string } }).proposal.id;
  });
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
  });

  const pages = (): string[] => [
    '/', ...['', '?view=pipelines', '?view=processors', '?view=connectors', '?view=unread', '?view=repeated'].map((view) => `/platform${view}`),
    '/search?q=payments', '/search?q=nothinglikethis', DATASET, `${DATASET}?field=amount&value-diff=1..3`, '/jobs/flink%3A%2F%2Fmain/orders-enrich', '/consumers/kafka%3A%2F%2Fmain/finance-ledger',
    '/lineage', `/lineage?kind=field&${FIELD}&depth=4`, '/impact', `/impact?${FIELD}`, '/gate', `/gate/${decision}`, '/gate?view=bypasses', '/changes', '/changes/new', `/changes/new?${FIELD}`, `/changes/${change}`,
    '/datasets/kafka%3A%2F%2Fmain/nothing', '/nowhere', `${DATASET}?asOf=2026-01-01T00:00:00Z`,
  ];

  test.each([['light', 1280], ['dark', 768]] as const)('pages are accessible, fit, stand still and break no policy, in %s at %i px', { timeout: 240_000 }, async (scheme, width) => {
    const found: string[] = [];
    for (const path of pages()) {
      const watched = await watchedPage(browser, service.url, { scheme, width });
      found.push(...(await pageFaults(watched, path)));
      await watched.page.context().close();
    }
    expect(found).toEqual([]);
  });

  test('finds a dataset, its field and what removing it breaks by keyboard alone', async () => {
    const { page, open } = await watchedPage(browser, service.url);
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

  test('shows who reads a field, why, and of whom nobody knows', async () => {
    const { page, open } = await watchedPage(browser, service.url);
    await open(`${DATASET}?field=amount`);
    const drawer = page.getByRole('complementary', { name: 'Field amount' });
    expect(await drawer.innerText()).toMatch(/Read by 2, 1 unknown[\s\S]*orders-enrich[\s\S]*FILTER[\s\S]*nobody knows which fields/);
  });

  test('draws a field’s path, walks along it, turns around and comes back on reload', async () => {
    const { page, open } = await watchedPage(browser, service.url);
    await open(`/lineage?kind=field&${FIELD}&depth=4`);
    const field = page.locator('.field.selected');
    await field.waitFor();
    expect(await field.getAttribute('aria-label')).toBe('Field amount of payments');
    await page.keyboard.press('ArrowRight');
    await page.locator('.field.selected[aria-label="Field total of orders-enriched"]').waitFor();
    await page.keyboard.press('u');
    await page.waitForURL('**direction=upstream**');
    await page.locator('[aria-label="consumer finance-ledger"]').waitFor({ state: 'detached' });
    await page.reload();
    await page.locator('[aria-label="job payments-cdc"]').waitFor();
    expect(await page.locator('[aria-label="consumer finance-ledger"]').count()).toBe(0);
  });

  test('opens what is counted only, and keeps it in the address', async () => {
    const { page, open } = await watchedPage(browser, service.url);
    await open('/lineage?kind=dataset&namespace=kafka%3A%2F%2Fmain&name=orders-enriched');
    const jobs = await page.locator('svg .job').count();
    await page.getByRole('button', { name: /Show 1 more of team-risk/ }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**open=**');
    await expect.poll(() => page.locator('svg .job').count()).toBeGreaterThan(jobs);
  });

  test('steps through the changes of what is drawn, says when it shows the past, and comes back to now', async () => {
    const { page, open } = await watchedPage(browser, service.url);
    await open(`/lineage?kind=field&${FIELD}&depth=4`);
    const next = page.getByRole('button', { name: 'The next change' });
    expect(await next.isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'The change before' }).click();
    await page.waitForURL('**asOf=**');
    await page.getByText('As it was at').waitFor();
    await next.click();
    await page.waitForURL((url) => !url.searchParams.has('asOf'));
    await page.getByRole('slider', { name: 'Change' }).focus();
    await page.keyboard.press('Home');
    await page.waitForURL('**asOf=**');
  });

  test('leaves out what nobody knows where asked, and says how much', async () => {
    const { page, open } = await watchedPage(browser, service.url);
    await open(`/lineage?kind=field&${FIELD}&depth=4`);
    const programs = page.locator('svg .job, svg .consumer');
    await programs.first().waitFor();
    const all = await programs.count();
    await page.getByRole('checkbox', { name: 'only what is known' }).check();
    await page.getByText('unknown use is hidden').waitFor();
    await page.getByText(/^\D*[1-9]\d* possible ones are hidden$/).waitFor();
    await expect.poll(() => programs.count()).toBeLessThan(all);
  });

  test('says in plain words why a job was denied, and what can be done', async () => {
    const { page, open } = await watchedPage(browser, service.url);
    await open('/gate');
    await page.getByRole('link', { name: 'connect://main/payments-cdc' }).first().click();
    await page.getByText('Denied: job orders-enrich reads payments.amount').waitFor();
    await page.getByText(/ask team-checkout, .*team-finance.* to approve/).waitFor();
  });

  test('tells at home what changed, what was denied and what waits', async () => {
    const { page, open } = await watchedPage(browser, service.url);
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
    const { page, open } = await watchedPage(browser, service.url);
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

  test('says which part keeps true answers back', async () => {
    const { page, open } = await watchedPage(browser, service.url);
    await page.route('**/v1/platform', async (route) => {
      const body = (await (await route.fetch()).json()) as { parts: { part: string; ready: boolean; detail: string }[] };
      const parts = body.parts.map((one) => (one.part === 'store' ? { ...one, ready: false, detail: 'the store is locked' } : one));
      await route.fulfill({ json: { ...body, parts } });
    });
    await open('/platform');
    const alert = page.getByRole('alert');
    expect(await alert.innerText()).toMatch(/store is not ready[\s\S]*the store is locked/);
  });

  test('shows hostile names as what they are', async () => {
    const name = '"><img src=x onerror=document.title="taken">';
    const at = { time: Date.now(), sequence: 1, event: 'hostile' };
    const about = { kind: 'dataset' as const, namespace: 'kafka://main', name };
    await service.apply([
      { change: 'statement', about, part: '', evidence: 'declared', at, aspect: 'dataset', body: { kind: 'topic', platform: 'kafka', cluster: 'main' } },
      { change: 'statement', about, part: '', evidence: 'declared', at, aspect: 'doc', body: { text: '<script>document.title="taken"</script>' } },
    ]);
    const { page, open } = await watchedPage(browser, service.url);
    for (const path of [`/search?q=${encodeURIComponent('img src')}`, `/datasets/kafka%3A%2F%2Fmain/${encodeURIComponent(name)}`, `/lineage?kind=dataset&namespace=kafka%3A%2F%2Fmain&name=${encodeURIComponent(name)}`]) {
      await open(path);
      expect(await page.locator('img').count()).toBe(0);
      expect(await page.title()).not.toBe('taken');
    }
  });

  test('says so when nobody answers', async () => {
    const { page, open } = await watchedPage(browser, service.url);
    await open('/search');
    await page.route('**/v1/**', (route) => route.abort());
    await page.getByRole('searchbox', { name: 'Search', exact: true }).fill('x');
    await page.getByText('Sluice does not answer').waitFor();
    await page.unroute('**/v1/**');
    await page.route('**/v1/**', (route) => route.fulfill({ status: 403, contentType: 'application/problem+json', body: JSON.stringify({ type: 'urn:sluice:problem:scope-missing', title: 't', status: 403, detail: 'you have no scope lineage:read' }) }));
    await page.getByRole('searchbox', { name: 'Search', exact: true }).fill('y');
    await page.getByText('you have no scope lineage:read').waitFor();
  });
});
