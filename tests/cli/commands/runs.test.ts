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

describe("registerRuns()", () => {
  it("registerRuns() prints columns", async () => {
    expect((await holdfast("runs")).stdout).toMatch(/^RUN +STATE +TIER .*\n20260101T000000Z-aaaaaa +complete +weekly +2026-01-01 00:00:00Z +1,234,567 +1\.0 KiB/);
  });
  it("registerRuns() prints JSON with --json before or after the command", async () => {
    const before = await holdfast("--json", "runs");
    expect(JSON.parse(before.stdout)).toMatchObject([{ run_id: "20260101T000000Z-aaaaaa", rows: 1234567, verified: false }]);
    expect((await holdfast("runs", "--json")).stdout).toBe(before.stdout);
  });
  it("registerRuns() counts warnings", async () => {
    for (const [warnings, text] of [['[{"code": "a"}]', "1 warning"], ['[{"code": "a"}, {"code": "b"}]', "2 warnings"], ["[]", ""]] as const) {
      await queryRows(database.url, `update backup.runs set warnings = '${warnings}'`);
      expect((await holdfast("runs")).stdout.trimEnd().split(/  +/).at(-1)).toBe(text || "-");
    }
  });
  it("registerRuns() rejects a limit that is no number", async () => {
    expect(await holdfast("runs", "--limit", "0")).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("1 to 10000") });
  });
  it("registerRuns() shows why a run failed, and says on stderr that there are none", async () => {
    await queryRows(database.url, "update backup.runs set state = 'failed', manifest_key = null, manifest_sha256 = null, failure_code = 'HF300', failure_message = 'snapshot lost'");
    expect((await holdfast("runs")).stdout).toContain("HF300 snapshot lost");
    await queryRows(database.url, "delete from backup.runs");
    expect(await holdfast("runs")).toEqual({ code: 0, stdout: "", stderr: "There have been no runs yet.\n" });
    expect(await holdfast("runs", "--quiet")).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});
