import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { type DrillRecord, recordDrill } from "../../../../functions/_shared/drill/record_drill.ts";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";
import { reportHistory } from "../../../support/report_history.ts";

const RUN = "20260108T010000Z-000003";
const id = (last: string) => `00000000-0000-4000-8000-0000000000${last}`;
const passed: DrillRecord = {
  drill_id: id("d1"), run_id: RUN, target: "url", selection: "random", manifest_sha256: "b".repeat(64), verdict: "passed", started_at: "2026-01-09T01:00:00Z",
  finished_at: "2026-01-09T01:10:00Z", phase_seconds: { data: 5.5, prove: 2 }, rows: 120, raw_bytes: 20_000, proof: { verdict: "passed" }, proof_key: "p/proofs/1.json", failure_code: null, failure_message: null };
const failed: DrillRecord = { ...passed, drill_id: id("d2"), verdict: "failed", rows: null, raw_bytes: null, proof: null, proof_key: null, failure_code: "HF501", failure_message: "Object x is damaged" };

describe("recordDrill()", () => {
  let database: TestDatabase;
  let client: Client;
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true });
    client = await connect(database.url, { applicationName: "holdfast test" });
    await client.query(reportHistory);
    await client.query("delete from backup.drills");
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });
  const recorded = async () => (await client.query("select to_jsonb(d) as drill from backup.drills d order by d.drill_id")).rows.map((row: { drill: unknown }) => row.drill);
  const alerts = async () => (await client.query("select a.cause from backup.alerts a where a.cause = 'drill_failed' and a.resolved_at is null")).rows;

  it("recordDrill() keeps everything that is known of a drill, whose restore point is verified by it", async () => {
    await recordDrill(client, passed);
    expect(await recorded()).toMatchObject([{ drill_id: passed.drill_id, run_id: RUN, trigger: "cli", engine: "cli", target: "url", selection: "random", state: "complete", verdict: "passed",
      manifest_sha256: passed.manifest_sha256, started_at: "2026-01-09T01:00:00+00:00", finished_at: "2026-01-09T01:10:00+00:00", phase_seconds: passed.phase_seconds, rows: 120,
      raw_bytes: 20_000, proof: passed.proof, proof_key: passed.proof_key, failure_code: null, failure_message: null }]);
    expect((await client.query("select p.verified from backup.restore_points p where p.run_id = $1", [RUN])).rows).toEqual([{ verified: true }]);
    expect(await alerts()).toEqual([]);
  });

  it("recordDrill() of the same drill again changes nothing", async () => {
    const before = await recorded();
    await recordDrill(client, { ...passed, verdict: "failed", failure_code: "HF501", failure_message: "later" });
    expect(await recorded()).toEqual(before);
  });

  it("recordDrill() keeps a drill that failed, with its reason, and raises an alert that the next good one resolves", async () => {
    await recordDrill(client, { ...failed, finished_at: "2026-01-10T01:00:00Z", started_at: "2026-01-10T00:59:00Z" });
    expect((await recorded())[1]).toMatchObject({ state: "failed", verdict: "failed", failure_code: "HF501", failure_message: "Object x is damaged", rows: null, proof_key: null });
    expect(await alerts()).toHaveLength(1);
    await recordDrill(client, { ...passed, drill_id: id("d3"), started_at: "2026-01-11T00:59:00Z", finished_at: "2026-01-11T01:00:00Z" });
    expect(await alerts()).toEqual([]);
  });

  it("recordDrill() refuses a run that this ledger does not know with HF001, and keeps nothing", async () => {
    const before = await recorded();
    const refused = await recordDrill(client, { ...passed, drill_id: id("d4"), run_id: "20200101T000000Z-ffffff" }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(HoldfastError);
    expect(refused).toMatchObject({ code: "HF001", message: expect.stringContaining("20200101T000000Z-ffffff"), hint: expect.any(String) });
    expect(await recorded()).toEqual(before);
  });

  it("recordDrill() passes on what is no answer of the ledger", async () => {
    await expect(recordDrill(client, { ...passed, drill_id: "no id" })).rejects.toMatchObject({ code: "22P02" });
  });
});
