import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pino from 'pino';
import type { Page } from 'playwright-core';
import { type CatalogService, openCatalogService } from '../../server/catalog-service.ts';
import type { EntityRef, FieldRef } from '../../server/catalog/names.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { missingForPortal, startBrowser } from '../portal/chromium.ts';
import { loadPlatform } from './load-platform.ts';
import type { SizeName } from './platform-plan.ts';

/** Aimed at: from the beginning of the navigation to the first paint, and the longest turn of the main thread. */
const FIRST_PAINT_MS = 1_000;
const LONGEST_TASK_MS = 200;
/** Datasets whose fields are looked at for the hub: those that most is reached from in so many hops. */
const CANDIDATES = 100;
const NEAR_HOPS = 3;
const DATASETS_AT_ONCE = 1_000;
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

/** The field of which most is reached, among those of the datasets with the most right behind them. */
async function worstHub(store: ReturnType<typeof openSqliteStore>, { index }: CatalogService): Promise<{ readonly field: FieldRef; readonly reached: number }> {
  const datasets: { readonly ref: EntityRef; readonly near: number }[] = [];
  for (let after: string | null = null; ; ) {
    const page: readonly EntityRef[] = await store.entities('dataset', { after, limit: DATASETS_AT_ONCE });
    datasets.push(...page.map((ref) => ({ ref, near: index.closure({ from: [ref], direction: 'downstream', depth: NEAR_HOPS, asOf: null, evidence: null }).size })));
    const last = page.at(-1);
    if (last === undefined || page.length < DATASETS_AT_ONCE) break;
    after = `dataset:${last.namespace}#${last.name}`;
  }
  const most = datasets.sort((a, b) => b.near - a.near).slice(0, CANDIDATES);
  const fields = most.flatMap(({ ref }) => index.fieldsOf(ref));
  const sized = fields.map((field) => ({ field, reached: index.closure({ from: [{ kind: 'field', ...field }], direction: 'downstream', depth: null, asOf: null, evidence: null }).size }));
  return sized.reduce((worst, one) => (one.reached > worst.reached ? one : worst));
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
    const { field, reached } = await worstHub(store, service);
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
