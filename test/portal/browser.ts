import type { Browser, Locator, Page } from 'playwright-core';

/** A page that remembers what went wrong in it. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors of scripts, refused requests and what the content security policy stopped. */
  readonly faults: readonly string[];
  open(path: string): Promise<void>;
}

export interface PageWishes {
  readonly width?: number;
  readonly scheme?: 'light' | 'dark';
}

export async function watchedPage(browser: Browser, base: string, { width = 1280, scheme = 'light' }: PageWishes = {}): Promise<WatchedPage> {
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

/** Stops of the tab key that a page has at most. */
const MOST_STOPS = 200;

/** Goes on by the tab key, as somebody without a mouse does, until it is there. */
export async function tabTo(target: Locator): Promise<void> {
  await target.waitFor();
  for (let stop = 0; stop < MOST_STOPS; stop++) {
    await target.page().keyboard.press('Tab');
    if (await target.evaluate((element) => element.ownerDocument.activeElement === element)) return;
  }
  throw new Error(`${String(target)} cannot be reached with the tab key`);
}
