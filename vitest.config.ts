import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/helpers/longest-first.js';

// Each worker loads a module once, not once per file: half of the time of the unit tests. Every test cleans up after
// itself. To be said in each project, as a project does not inherit it.
const isolate = false;

const MAPPING = ['src/mapping/**/*.test.ts', 'src/stix/**/*.test.ts'];

export default defineConfig({
  test: {
    // Integration tests wait more than they compute: on two cores four files run side by side.
    maxWorkers: Math.max(4, availableParallelism() - 1),
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          // The part whose coverage is measured, apart from the rest: counting slows all that runs beside it.
          name: 'mapping',
          isolate,
          include: MAPPING,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'unit',
          isolate,
          include: ['src/**/*.test.ts', 'test/conformance/**/*.test.ts'],
          exclude: MAPPING,
          // Property-based tests take seconds on a busy machine with two cores.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          isolate,
          include: ['test/integration/**/*.test.ts'],
          // Minutes of real time: `npm run test:slow`.
          exclude: ['**/*.slow.test.ts'],
          globalSetup: ['test/helpers/broker-global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'slow',
          isolate,
          include:
            process.env.SLOW_TESTS === undefined
              ? []
              : ['test/integration/**/*.slow.test.ts', 'test/integration/connector-versions.test.ts'],
          globalSetup: ['test/helpers/broker-global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          // With a broker of its own, which it kills. The short form; `npm run test:chaos` has the long one.
          name: 'chaos',
          isolate,
          include: ['test/chaos/**/*.test.ts'],
          hookTimeout: 240_000,
        },
      },
    ],
    reporters: ['default', 'json'],
    outputFile: { json: 'coverage/results.json' },
    coverage: {
      provider: 'v8',
      include: ['src/mapping/**', 'src/stix/**'],
      exclude: ['**/*.test.ts'],
      thresholds: { lines: 95, functions: 95, branches: 90, statements: 95 },
    },
  },
});
