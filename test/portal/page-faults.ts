import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import type { WatchedPage } from './browser.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** What moves while a page is read, as a share of the window: a tenth is called good, half of that nobody sees. */
const MOST_SHIFT = 0.05;
/** Adds up what moves without anybody having pressed a key or a button, from the first moment of a page. */
const WATCH = `window.shifted = 0; window.shiftedNodes = [];
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) { shifted += entry.value; shiftedNodes.push(...entry.sources.map(({ node }) => (node?.outerHTML ?? '').slice(0, 80))); } })
    .observe({ type: 'layout-shift', buffered: true });`;

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/**
 * What is wrong with a page as anybody would meet it: serious faults of accessibility, what is wider than the window,
 * what moves while it loads, and what scripts, requests and the content security policy complain of.
 */
export async function pageFaults({ page, faults, open }: WatchedPage, path: string): Promise<string[]> {
  await page.addInitScript(WATCH);
  await open(path);
  // What is not in the catalog is a 404 that the browser mentions.
  const found = [...faults.filter((fault) => !fault.includes('404')), ...(await axeFaults(page)), ...(await overflow(page)), ...(await shift(page))];
  return found.map((fault) => `${path}: ${fault}`);
}

async function axeFaults(page: Page): Promise<string[]> {
  // The policy lets no script in, but for one that the browser itself is told to run.
  await page.evaluate(AXE);
  const { violations } = (await page.evaluate('axe.run()')) as { violations: readonly Violation[] };
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id} at ${nodes[0]?.html.slice(0, 160)} ${nodes[0]?.failureSummary.slice(0, 300)}`);
}

async function overflow(page: Page): Promise<string[]> {
  const [scroll = 0, client = 0] = (await page.evaluate('[document.documentElement.scrollWidth, document.documentElement.clientWidth]')) as number[];
  return scroll > client ? [`${scroll - client} px wider than the window`] : [];
}

async function shift(page: Page): Promise<string[]> {
  const [shifted, nodes] = (await page.evaluate('[shifted, shiftedNodes]')) as [number, string[]];
  return shifted > MOST_SHIFT ? [`${shifted.toFixed(2)} of it moves while it loads: ${nodes.join(' | ')}`] : [];
}
