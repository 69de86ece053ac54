import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
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
  it("registerStatus() tells monitoring by its exit code with --check", async () => {
    const { code, stdout } = await holdfast("status", "--check", "--json");
    expect([code, JSON.parse(stdout)]).toEqual([10, expect.objectContaining({ health: "stale" })]);
  });
  it("registerStatus() shows the active run and open alerts", async () => {
    await queryRows(database.url, `insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix)
      values ('20260102T000000Z-bbbbbb', 'starting', 'weekly', 'sql', 'cli', 'q/'); select backup.raise_alert('x', 'warning', 'disk is nearly full')`);
    expect((await holdfast("status")).stdout).toMatch(/^running\n[^]*Active run +20260102T000000Z-bbbbbb 0 %, 0 of 0 chunks, waiting for its snapshot\nAlert \(warning\) +disk is nearly full\n$/);
  });
});
