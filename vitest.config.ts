import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/stack/**', 'test/portal/**'],
    testTimeout: 20_000,
    // A few tests set real threads and processes against deadlines; a loaded machine gets one more try.
    retry: 1,
    // One core is left to what the tests start, but two files run at a time on two cores too: they often wait.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
});
