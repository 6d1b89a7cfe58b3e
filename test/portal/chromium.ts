import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';

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
