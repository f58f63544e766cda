import { defineConfig } from 'vitest/config';
import { yamlPlugin } from './scripts/yaml-modules.mjs';

export default defineConfig({
  plugins: [yamlPlugin()],
  test: {
    include: ['src/**/*.test.ts', 'suites/**/*.test.ts', 'test/**/*.test.ts'],
    // Real processes: a machine with two cores under load needs its time, and a hang must still end.
    testTimeout: 60_000,
    // A machine that stands still for a second makes a plugin look slow, once; what is wrong is wrong twice.
    retry: 1,
    hookTimeout: 120_000,
    pool: 'forks',
    // Every test starts plugins of its own; more files at once than cores only makes them wait for each other.
    maxWorkers: '100%',
    sequence: { concurrent: false },
  },
});
