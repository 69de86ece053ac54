import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { parseMetrics } from "../../support/parse_metrics.ts";
import { queryRows } from "../../support/query_rows.ts";
import { type HoldfastOutcome, runHoldfast } from "../../support/run_holdfast.ts";

let database: TestDatabase;
const holdfast = (...argv: string[]): Promise<HoldfastOutcome> => runHoldfast(argv, { HOLDFAST_DB_URL: database.url });
beforeAll(async () => {
  database = await createTestDatabase({ migrated: true });
  await queryRows(database.url, `
    insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, rows, raw_bytes, stored_bytes, manifest_key, manifest_sha256)
    values ('20260101T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/', '2026-01-01T00:00:00Z', now(), 1234567, 2048, 1024, 'p/manifest.json', 'x')`);
});
afterAll(() => database.drop());

describe("registerStatus()", () => {
  it("registerStatus() prints health first, and no colours into a pipe", async () => {
    const { code, stdout, stderr } = await holdfast("status");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^stale\nNewest restore point  20260101T000000Z-aaaaaa, /);
    expect(stdout).not.toContain("\u001b");
  });
  it("registerStatus() says when the last verification ended, to the second", async () => {
    await queryRows(database.url, `insert into backup.verifications (trigger, verdict, started_at, finished_at)
      values ('cli', 'passed', '2026-01-01T02:00:00.123456Z', '2026-01-01T02:03:04.567891Z')`);
    expect((await holdfast("status")).stdout).toMatch(/^Last verification +passed at 2026-01-01 02:03:04 UTC$/m);
  });
  it("registerStatus() tells monitoring by its exit code with --check", async () => {
    const { code, stdout } = await holdfast("status", "--check", "--json");
    expect([code, JSON.parse(stdout)]).toEqual([10, expect.objectContaining({ health: "stale" })]);
  });
  it("registerStatus() prints metrics for a file, nothing else on stdout and no word on stderr", async () => {
    for (const [argv, format] of [[["--metrics"], "prometheus"], [["--metrics", "openmetrics"], "openmetrics"]] as const) {
      const { code, stdout, stderr } = await holdfast("status", ...argv);
      expect([code, stderr]).toEqual([0, ""]);
      expect(parseMetrics(stdout, format).get("holdfast_newest_restore_point_rows")?.samples[0]?.value).toBe(1_234_567);
    }
    const { code, stdout } = await holdfast("status", "--metrics", "--check", "--json");
    expect([code, JSON.parse(stdout)]).toEqual([10, { metrics: expect.arrayContaining([{ name: "holdfast_restore_points", labels: {}, value: 1 }]) }]);
  });
  it("registerStatus() prints no metric at all when it cannot, so that a file is not half a page", async () => {
    const { code, stdout, stderr } = await runHoldfast(["status", "--metrics"], { HOLDFAST_DB_URL: "postgresql://nobody:wrong@127.0.0.1:1/none" });
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toContain("HF104");
    expect(await holdfast("status", "--metrics", "statsd")).toMatchObject({ code: 2, stdout: "" });
  });
  it("registerStatus() shows the active run and open alerts", async () => {
    await queryRows(database.url, `insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix)
      values ('20260102T000000Z-bbbbbb', 'starting', 'weekly', 'sql', 'cli', 'q/'); select backup.raise_alert('x', 'warning', 'disk is nearly full')`);
    expect((await holdfast("status")).stdout).toMatch(/^running\n[^]*Active run +20260102T000000Z-bbbbbb 0 %, 0 of 0 chunks, waiting for its snapshot\nAlert \(warning\) +disk is nearly full\n$/);
  });
});
