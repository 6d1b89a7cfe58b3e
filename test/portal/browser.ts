import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

const CHROMIUM = process.env['SLUICE_CHROMIUM'] ?? '/usr/bin/chromium';
const DIST = fileURLToPath(new URL('../../web/dist/index.html', import.meta.url));
/** A browser as a test needs it: nothing of its own on the network, and root may run it. */
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** What the machine lacks for these tests, by name; null when they can run. With REQUIRE_ALL=1 it fails instead. */
export function missingForPortal(): string | null {
  const missing = !existsSync(CHROMIUM) ? 'Chromium (SLUICE_CHROMIUM says where)' : !existsSync(DIST) ? 'the built portal (npm run build)' : null;
  if (missing !== null && process.env['REQUIRE_ALL'] === '1') throw new Error(`REQUIRE_ALL=1, and this machine lacks ${missing}`);
  return missing;
}

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

/** A page that remembers what went wrong in it. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors of scripts, refused requests and what the content security policy stopped. */
  readonly faults: readonly string[];
  open(path: string): Promise<void>;
}

export async function watchedPage(browser: Browser, base: string, { width = 1280, scheme = 'light' }: { readonly width?: number; readonly scheme?: 'light' | 'dark' } = {}): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width, height: 860 }, colorScheme: scheme, baseURL: base, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  return {
    page, faults,
    async open(path) {
      await page.goto(path);
      await page.waitForLoadState('networkidle');
    },
  };
}

/** Nothing of the page is wider than the window: no sideways scrolling of the page itself. */
export async function expectNoOverflow(page: Page): Promise<void> {
  const [scroll = 0, client = 0] = (await page.evaluate('[document.documentElement.scrollWidth, document.documentElement.clientWidth]')) as number[];
  expect(scroll).toBeLessThanOrEqual(client);
}
