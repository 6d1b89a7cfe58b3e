import type { Browser, Page } from 'playwright-core';

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
