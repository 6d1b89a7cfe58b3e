import { defineConfig } from 'vitest/config';

/** The portal in a real browser on a real server. */
export default defineConfig({
  test: {
    include: ['test/portal/**/*.portal.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // A browser on a busy machine: one more try tells a fault from a slow moment.
    retry: 1,
    pool: 'forks',
    // Each file has a service and a browser of its own; a test mostly waits for them.
    maxWorkers: 2,
  },
});
