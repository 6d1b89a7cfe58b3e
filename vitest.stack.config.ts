import { defineConfig } from 'vitest/config';

/** Tests against real servers: one at a time, for they share the machine with a broker and a registry. */
export default defineConfig({
  test: {
    include: ['test/stack/**/*.stack.test.ts'],
    testTimeout: 90_000,
    // Real servers on a busy machine: one more try tells a fault from a slow moment.
    retry: 1,
    hookTimeout: 180_000,
    pool: 'forks',
    fileParallelism: false,
    // kafkajs asks for timers in the past; Node 24 says so once a process.
    execArgv: ['--disable-warning=TimeoutNegativeWarning'],
  },
});
