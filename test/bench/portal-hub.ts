import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pino from 'pino';
import type { Page } from 'playwright-core';
import { openCatalogService } from '../../server/catalog-service.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { missingForPortal, startBrowser } from '../portal/chromium.ts';
import { loadPlatform } from './load-platform.ts';
import type { SizeName } from './platform-plan.ts';
import { worstHub } from './worst-hub.ts';

/** Aimed at: from the beginning of the navigation to the first paint, and the longest turn of the main thread. */
const FIRST_PAINT_MS = 1_000;
const LONGEST_TASK_MS = 200;
const WINDOW = { width: 1280, height: 860 };
/** Notes every turn of the main thread that takes longer than 50 ms, from the first moment of a page. */
const WATCH = "window.longTasks = []; new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ startTime, duration }) => ({ startTime, duration })))).observe({ type: 'longtask', buffered: true })";

interface Opened {
  readonly firstPaintMs: number;
  readonly drawnMs: number;
  readonly tableMs: number;
  readonly reached: string;
  readonly longTasksMs: readonly number[];
}

async function opened(page: Page, path: string): Promise<Opened> {
  await page.addInitScript(WATCH);
  await page.goto(path, { waitUntil: 'commit' });
  const now = (): Promise<number> => page.evaluate('performance.now()');
  await page.locator('svg[aria-label="Lineage map"] .focus').waitFor();
  const drawnMs = await now();
  const count = page.getByRole('region', { name: 'reached', exact: true }).locator('.count');
  await count.waitFor();
  const tableMs = await now();
  const reached = await count.innerText();
  await page.waitForLoadState('networkidle');
  // What the page does when its answers are there belongs to it too.
  await page.waitForTimeout(1_000);
  const firstPaintMs = (await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")) as number;
  const tasks = (await page.evaluate('longTasks')) as readonly { readonly duration: number }[];
  return { firstPaintMs: Math.round(firstPaintMs), drawnMs: Math.round(drawnMs), tableMs: Math.round(tableMs), reached, longTasksMs: tasks.map(({ duration }) => Math.round(duration)).sort((a, b) => b - a) };
}

/** Opens the lineage of the worst hub in a browser, once for each view, each in a page that knows nothing. */
async function measure(size: SizeName): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-hub-'));
  const store = openSqliteStore({ file: join(folder, 'catalog.sqlite') });
  try {
    await loadPlatform(store, size);
    const service = await openCatalogService({ store, aliases: new Map(), clock: Date.now, log: pino({ level: 'silent' }), snapshot: null });
    const base = await service.app.listen({ host: '127.0.0.1', port: 0 });
    const { field, reached } = await worstHub(store, service.index);
    const browser = await startBrowser();
    const views: Record<string, Opened> = {};
    const { namespace, name, path } = field;
    for (const [view, query] of Object.entries({ field: { kind: 'field', path }, 'field, 4 hops': { kind: 'field', path, depth: '4' }, dataset: { kind: 'dataset' }, 'dataset, all neighbours': { kind: 'dataset', whole: `dataset:${namespace}#${name}` } })) {
      const context = await browser.newContext({ viewport: WINDOW, baseURL: base });
      views[view] = await opened(await context.newPage(), `/lineage?${new URLSearchParams({ namespace, name, ...query }).toString()}`);
      await context.close();
    }
    await browser.close();
    await service.stop();
    const held = Object.values(views).every(({ firstPaintMs, longTasksMs }) => firstPaintMs <= FIRST_PAINT_MS && (longTasksMs[0] ?? 0) <= LONGEST_TASK_MS);
    return { size, field, reached, aim: { FIRST_PAINT_MS, LONGEST_TASK_MS, held }, views };
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const { values } = parseArgs({ options: { size: { type: 'string', default: 'S' } } });
const missing = missingForPortal();
process.stdout.write(missing === null ? `${JSON.stringify(await measure(values.size === 'M' ? 'M' : 'S'), null, 2)}\n` : `not measured: this machine lacks ${missing}\n`);
