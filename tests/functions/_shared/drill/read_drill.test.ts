import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Client } from "pg";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { readDrill } from "../../../../functions/_shared/drill/read_drill.ts";
import { type DrillRecord, recordDrill } from "../../../../functions/_shared/drill/record_drill.ts";
import { startDrill } from "../../../../functions/_shared/drill/start_drill.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";
import { reportHistory } from "../../../support/report_history.ts";

const RUN = "20260108T010000Z-000003";
const record = (change: Partial<DrillRecord> = {}): DrillRecord => ({
  drill_id: "00000000-0000-4000-8000-0000000000d1", run_id: RUN, target: "embedded", selection: "named", manifest_sha256: "b".repeat(64), verdict: "passed",
  started_at: "2026-01-09T01:00:00Z", finished_at: "2026-01-09T01:10:00Z", phase_seconds: { data: 5 }, rows: 120, raw_bytes: 20_000, proof: {}, proof_key: "k", failure_code: null, failure_message: null, ...change });

describe("readDrill()", () => {
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

  it("readDrill() is null before the first drill, and startDrill() says that there is nothing to restore with HF500", async () => {
    expect(await readDrill(client, null)).toBeNull();
    await expect(startDrill(client, "sql", "latest")).rejects.toMatchObject({ code: "HF500" });
  });

  it("recordDrill() keeps a drill of the command once, and readDrill() reads it", async () => {
    await client.query(reportHistory);
    await recordDrill(client, record());
    await recordDrill(client, record());
    expect((await client.query("select from backup.drills where drill_id = '00000000-0000-4000-8000-0000000000d1'")).rowCount).toBe(1);
    expect(await readDrill(client, null)).toMatchObject({ drill_id: record().drill_id, run_id: RUN, state: "complete", verdict: "passed", engine: "cli", target: "embedded", phase_seconds: { data: 5 }, rows: 120 });
    expect(await readDrill(client, "00000000-0000-4000-8000-0000000000d2")).toBeNull();
  });

  it("recordDrill() refuses a run that this ledger does not know with HF001", async () => {
    await expect(recordDrill(client, record({ drill_id: "00000000-0000-4000-8000-0000000000d3", run_id: "20200101T000000Z-ffffff" }))).rejects.toMatchObject({ code: "HF001" });
  });

  it("startDrill() starts one at a time, and readDrill() tells how it stands", async () => {
    const id = await startDrill(client, "http", RUN);
    expect(await readDrill(client, id)).toMatchObject({ drill_id: id, run_id: RUN, state: "running", verdict: null, selection: "named", steps_done: 0 });
    await expect(startDrill(client, "sql", "latest")).rejects.toMatchObject({ code: "HF507" });
    await client.query("update backup.drills set state = 'failed', verdict = 'failed', finished_at = now(), failure_code = 'x', failure_message = 'y' where state = 'running'");
    await expect(startDrill(client, "sql", "20200101T000000Z-ffffff")).rejects.toMatchObject({ code: expect.stringMatching(/^HF(001|500)$/) });
  });
});
