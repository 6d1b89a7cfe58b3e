import pino from 'pino';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCatalogService, type CatalogService } from '../../server/catalog-service.ts';
import type { FieldRef } from '../../server/catalog/names.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { loadPlatform } from '../bench/load-platform.ts';
import { watchedPage } from './browser.ts';
import { missingForPortal, startBrowser } from './chromium.ts';

const missing = missingForPortal();
/** Loading a platform of 50,000 topics, on a busy machine. */
const LOAD_MS = 480_000;
/** Of which most is reached in the platform of seed 1, as `test/bench/worst-hub.ts` finds it. */
const HUB: FieldRef = { namespace: 'postgres://db-1:5432', name: 'public.t4', path: 'trace.bitrate' };

describe.skipIf(missing !== null)(`the portal on a platform of size M${missing === null ? '' : ` (needs ${missing})`}`, () => {
  const store = openSqliteStore({ file: ':memory:' });
  let browser: Browser;
  let service: CatalogService;
  let url = '';
  beforeAll(async () => {
    await loadPlatform(store, 'M');
    service = await openCatalogService({ store, aliases: new Map(), clock: Date.now, log: pino({ level: 'silent' }), snapshot: null });
    url = await service.app.listen({ host: '127.0.0.1', port: 0 });
    browser = await startBrowser();
  }, LOAD_MS);
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
    await store.close();
  });
  const totalOf = async (direction: string): Promise<number> => {
    const answer = await fetch(`${url}/v1/lineage?${new URLSearchParams({ kind: 'field', ...HUB, direction, limit: '1' }).toString()}`);
    return ((await answer.json()) as { readonly total: number }).total;
  };

  test('draws the worst hub, counts what it does not draw, and lists the whole answer', async () => {
    const { page, faults, open } = await watchedPage(browser, url);
    const total = (await totalOf('upstream')) + (await totalOf('downstream'));
    expect(total).toBeGreaterThan(100_000);
    await open(`/lineage?${new URLSearchParams({ kind: 'field', ...HUB, depth: '6' }).toString()}`);
    await page.locator('svg[aria-label="Lineage map"] .focus').waitFor();
    await page.getByText(/^\d[\d,]* more(?: of |, owners of )/).first().waitFor();
    await page.getByText(`${total.toLocaleString('en')} reached`, { exact: true }).waitFor();
    // Drawn is what is in view; the list holds the rest.
    expect(await page.locator('tbody tr:not(.space)').count()).toBeLessThan(200);
    const list = page.getByRole('region', { name: /^reached: / });
    await list.focus();
    await page.keyboard.press('End');
    await expect.poll(async () => Number(await page.locator('tbody tr:not(.space)').last().getAttribute('aria-rowindex'))).toBe(20_000);
    await page.getByText(`Shown are the nearest 20,000 of ${total.toLocaleString('en')}`).waitFor();
    await page.getByRole('button', { name: 'upstream' }).click();
    await page.waitForURL('**direction=upstream**');
    expect(faults).toEqual([]);
  });

  test('says what removing the field of the hub breaks, and that the rest is further on', async () => {
    const { page, faults, open } = await watchedPage(browser, url);
    await open(`/impact?${new URLSearchParams({ ...HUB }).toString()}`);
    await page.getByText(/^Removing public\.t4\.trace\.bitrate breaks \d+ reader/).waitFor();
    await page.getByText(/^Read are the nearest 1,000 of 1\d\d,\d{3} that it reaches; \d+ more teams are only beyond them/).waitFor();
    await page.getByRole('button', { name: /^\d+ more teams$/ }).click();
    expect(await page.getByRole('button', { name: /more teams$/ }).count()).toBe(0);
    expect(faults).toEqual([]);
  });

  test('finds among all that there is, and names what nobody reads and who repeats work page by page', async () => {
    const { page, faults, open } = await watchedPage(browser, url);
    await open('/search?kind=field');
    await page.getByText(/^[\d,]{7,} found$/).waitFor();
    await open('/platform?view=unread');
    await page.getByText(/^[\d,]+ topics nobody reads$/).waitFor();
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.waitForURL('**cursor=**');
    await open('/platform?view=pipelines');
    await page.getByText(/^[\d,]+ pipelines$/).waitFor();
    await open('/platform?view=repeated');
    await page.getByText(/deployed jobs not everything is known/).waitFor();
    expect(faults).toEqual([]);
  });
});
