import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { type PageWishes, type WatchedPage, watchedPage } from './browser.ts';
import { missingForPortal, startBrowser } from './chromium.ts';
import { type SampleOptions, type SampleService, startSampleService } from './sample-service.ts';

/** The sample platform with its portal, and a browser to look at it. Both are there from `beforeAll` on. */
export interface Portal {
  readonly service: SampleService;
  /** A page that knows nothing. */
  page(how?: PageWishes): Promise<WatchedPage>;
  /** The same of somebody who signed in before, by a token of the options. */
  pageOf(person: string, how?: PageWishes): Promise<WatchedPage>;
}

/** Tests of the portal on the sample platform; the title says what the machine lacks where they are skipped. */
export function describePortal(title: string, options: () => Promise<SampleOptions>, tests: (portal: Portal) => void): void {
  const missing = missingForPortal();
  describe.skipIf(missing !== null)(`${title}${missing === null ? '' : ` (needs ${missing})`}`, () => {
    let browser: Browser | null = null;
    let service: SampleService | null = null;
    beforeAll(async () => {
      [browser, service] = await Promise.all([startBrowser(), startSampleService(await options())]);
    });
    afterAll(async () => {
      await browser?.close();
      await service?.stop();
    });
    const there = <T>(part: T | null): T => {
      if (part === null) throw new Error('the portal is there from beforeAll on');
      return part;
    };
    tests({
      get service() {
        return there(service);
      },
      page: (how) => watchedPage(there(browser), there(service).url, how),
      async pageOf(person, how) {
        const watched = await watchedPage(there(browser), there(service).url, how);
        await watched.page.addInitScript(`sessionStorage.setItem('sluice-token', '${person}')`);
        return watched;
      },
    });
  });
}
