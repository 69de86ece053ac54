import { configDefaults, defineConfig } from "vitest/config";

/** What a run of everything has to cover; a part of the tests is held to nothing. `npm test -- --coverage` says which it is. */
const thresholds = process.env["HOLDFAST_WHOLE_RUN"] === undefined ? {} : { thresholds: { lines: 98, branches: 90 } };

/**
 * What meets both servers in the same way: pages, archived objects, keys, installing, a storage that fails, and what talks to a
 * storage only. CI has run it on the default server and has no time for it on the second one; by hand it runs on either.
 */
const ALIKE = ["tests/e2e/report_page.test.ts", "tests/e2e/restore/archived.test.ts", "tests/e2e/install.test.ts", "tests/e2e/faults/storage.test.ts", "tests/cli/commands/verify_key.test.ts",
  "tests/stack/s3/**", "tests/functions/_shared/s3/**"];
const isSecond = process.env["CI"] === "true" && process.env["HOLDFAST_PG"] === "system";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    exclude: [...configDefaults.exclude, ...(isSecond ? ALIKE : [])],
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
