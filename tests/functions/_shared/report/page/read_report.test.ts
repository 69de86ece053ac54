import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readReport } from "../../../../../functions/_shared/report/page/read_report.ts";
import { connect } from "../../../../../functions/_shared/database/connect.ts";
import { createTestDatabase, type TestDatabase } from "../../../../support/database.ts";
import { reportHistory } from "../../../../support/report_history.ts";
import type { Client } from "pg";

describe("readReport()", () => {
  let database: TestDatabase;
  let client: Client;
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true });
    client = await connect(database.url, { applicationName: "test" });
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  it("readReport() reads a project in which nothing has happened", async () => {
    expect(await readReport(client)).toMatchObject({ health: "never_ran", newest: null, verification: null, runs: [], tables: [], drills: [], alerts: [], objectives: [{ name: "rto", measured_seconds: null }, { name: "rpo", measured_seconds: null }] });
  });

  it("readReport() reads runs oldest first, tables beside those of the restore point before, drills and alerts", async () => {
    await client.query(reportHistory);
    const data = await readReport(client);
    expect(data.runs.map(({ state, verified }) => [state, verified])).toEqual([["complete", true], ["failed", false], ["complete", false]]);
    expect(data.runs.map(({ seconds }) => seconds)).toEqual([60, 30, 90]);
    expect(data.newest).toMatchObject({ run_id: "20260108T010000Z-000003", verified: false, rows: 120, warnings: [{ code: "foreign_table", subject: "public.remote", message: "rows live elsewhere" }] });
    expect(data.tables).toEqual([
      { name: '"Odd ""one"""."T|a"', status: "exported", reason: null, rows: 20, previous_rows: null, bytes: 8192 },
      { name: "public.pets", status: "exported", reason: null, rows: 100, previous_rows: 90, bytes: 16384 },
      { name: "public.remote", status: "excluded", reason: "foreign table", rows: null, previous_rows: null, bytes: 0 }]);
    expect(data.drills).toMatchObject([{ verdict: "passed", seconds: 600, phase_seconds: { data: 400, prove: 100 } }]);
    expect(data.alerts.map(({ cause }) => cause)).toEqual(["export_failed"]);
    expect(data.verification).toMatchObject({ verdict: "failed", findings: [{ subject: "public.pets" }] });
  });

  it("readReport() reads the verification asked for, and refuses one that does not exist with HF006", async () => {
    expect((await readReport(client, "00000000-0000-4000-8000-000000000001")).verification?.verdict).toBe("passed");
    await expect(readReport(client, "00000000-0000-4000-8000-00000000000f")).rejects.toMatchObject({ code: "HF006" });
  });
});
