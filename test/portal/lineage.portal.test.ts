import { expect, test } from 'vitest';
import { describePortal } from './describe-portal.ts';

const FIELD = 'namespace=kafka%3A%2F%2Fmain&name=payments&path=amount';

describePortal('lineage and impact in a browser', async () => ({}), (portal) => {
  test('draws a field’s path, walks along it, turns around and comes back on reload', async () => {
    const { page, open } = await portal.page();
    await open(`/lineage?kind=field&${FIELD}&depth=4`);
    const field = page.locator('.field.selected');
    await field.waitFor();
    expect(await field.getAttribute('aria-label')).toBe('Field amount of payments');
    await page.keyboard.press('ArrowRight');
    await page.locator('.field.selected[aria-label="Field total of orders-enriched"]').waitFor();
    await page.getByRole('button', { name: 'Who uses it, and why' }).click();
    await page.getByRole('complementary', { name: 'Field total' }).getByText('fraud-scores').first().waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('u');
    await page.waitForURL('**direction=upstream**');
    await page.locator('[aria-label="consumer finance-ledger"]').waitFor({ state: 'detached' });
    await page.reload();
    await page.locator('[aria-label="job payments-cdc"]').waitFor();
    expect(await page.locator('[aria-label="consumer finance-ledger"]').count()).toBe(0);
  });

  test('opens what is counted only, and keeps it in the address', async () => {
    const { page, open } = await portal.page();
    await open('/lineage?kind=dataset&namespace=kafka%3A%2F%2Fmain&name=orders-enriched');
    const jobs = await page.locator('svg .job').count();
    await page.getByRole('button', { name: /Show 1 more of team-risk/ }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**open=**');
    await expect.poll(() => page.locator('svg .job').count()).toBeGreaterThan(jobs);
  });

  test('steps through the changes of what is drawn, says when it shows the past, and comes back to now', async () => {
    const { page, open } = await portal.page();
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
    const { page, open } = await portal.page();
    await open(`/lineage?kind=field&${FIELD}&depth=4`);
    const programs = page.locator('svg .job, svg .consumer');
    await programs.first().waitFor();
    const all = await programs.count();
    await page.getByRole('checkbox', { name: 'only what is known' }).check();
    await page.getByText('unknown use is hidden').waitFor();
    await page.getByText(/^\D*[1-9]\d* possible ones are hidden$/).waitFor();
    await expect.poll(() => programs.count()).toBeLessThan(all);
  });

  test('asks where to start, and starts from what is typed', async () => {
    const { page, open } = await portal.page();
    await open('/lineage');
    await page.keyboard.type('orders-enr');
    await page.getByRole('link', { name: 'kafka://main/orders-enriched', exact: true }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/lineage?kind=**');
    await page.locator('svg[aria-label="Lineage map"] .focus').waitFor();
  });

  test('lists the whole answer under the map, by keyboard, and saves both', async () => {
    const { page, open } = await portal.page();
    await open(`/lineage?kind=field&${FIELD}&direction=downstream`);
    await page.getByText('18 reached', { exact: true }).waitFor();
    for (const [button, name] of [['SVG', /\.svg$/], ['PNG', /\.png$/], ['CSV', /\.csv$/], ['JSON', /\.json$/]] as const) {
      const saving = page.waitForEvent('download');
      await page.getByRole('button', { name: button, exact: true }).click();
      expect((await saving).suggestedFilename()).toMatch(name);
    }
    const list = page.getByRole('region', { name: /^reached: / });
    await list.focus();
    await page.keyboard.press('j');
    await page.keyboard.press('ArrowDown');
    expect(await list.locator('tr.at').getAttribute('data-row')).toBe('1');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/datasets/**');
  });

  test('tells what another type or name of a field does, and takes it to a proposal', async () => {
    const { page, open } = await portal.page();
    await open(`/impact?${FIELD}`);
    await page.getByRole('radio', { name: 'its name becomes' }).check();
    await page.getByRole('textbox', { name: 'New name' }).fill('total');
    await page.keyboard.press('Enter');
    await page.waitForURL('**rename=total');
    await page.getByText('Renaming payments.amount to total breaks 2 readers').waitFor();
    await page.getByRole('radio', { name: 'its type becomes' }).check();
    await page.getByRole('textbox', { name: 'New Avro type' }).fill('["null","string"]');
    await page.getByRole('button', { name: 'Judge' }).click();
    await page.getByText('Retyping payments.amount').waitFor();
    await page.goBack();
    await page.getByRole('link', { name: 'Propose this change' }).click();
    await page.waitForURL('**/changes/new?**rename=total');
    await page.locator('.added').filter({ hasText: '"name": "total"' }).first().waitFor();
  });
});
