import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/stack/longest-first.ts';

/** Tests against real servers: three files at a time even on two cores, for most of them wait for a server, and each starts its own. */
export default defineConfig({
  test: {
    include: ['test/stack/**/*.stack.test.ts'],
    globalSetup: ['test/stack/servers/fetch-servers.ts'],
    testTimeout: 90_000,
    // Real servers on a busy machine: one more try tells a fault from a slow moment.
    retry: 1,
    hookTimeout: 180_000,
    pool: 'forks',
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // kafkajs asks for timers in the past; Node 24 says so once a process.
    execArgv: ['--disable-warning=TimeoutNegativeWarning'],
  },
});
