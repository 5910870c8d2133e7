import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Each worker loads a module once, not once per file: half of the time of the unit tests. Every test cleans up after itself.
// To be said in each project, as a project does not inherit it.
const isolate = false;

export default defineConfig({
  test: {
    // Integration tests wait more than they compute: on two cores four files run side by side.
    maxWorkers: Math.max(4, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'unit',
          isolate,
          include: ['src/**/*.test.ts', 'test/conformance/**/*.test.ts'],
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
    reporters: ['default', ['json', { outputFile: 'coverage/results.json' }]],
    coverage: {
      provider: 'v8',
      include: ['src/mapping/**', 'src/stix/**'],
      exclude: ['**/*.test.ts'],
      thresholds: { lines: 95, functions: 95, branches: 90, statements: 95 },
    },
  },
});
