import { defineConfig } from "vitest/config";

/** What a run of everything has to cover; a part of the tests is held to nothing. `npm test -- --coverage` says which it is. */
const thresholds = process.env["HOLDFAST_WHOLE_RUN"] === undefined ? {} : { thresholds: { lines: 98, branches: 90 } };

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    globalSetup: ["tests/support/global_setup.ts"],
    // Processes, not threads: tests start servers, change directories and send signals.
    pool: "forks",
    // Every worker talks to one shared PostgreSQL and may start Deno; more than two of them only wait for each other.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    coverage: {
      provider: "v8",
      include: ["functions/_shared/**/*.ts"],
      reporter: ["text-summary", "html", "json-summary"],
      reportsDirectory: "coverage",
      ...thresholds,
    },
  },
});
