import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { closeClient } from "../../../../functions/_shared/database/close_client.ts";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { DrillLedger } from "../../../../functions/_shared/drill/drill_ledger.ts";
import { readDrill } from "../../../../functions/_shared/drill/read_drill.ts";
import { recordDrill } from "../../../../functions/_shared/drill/record_drill.ts";
import { startDrill } from "../../../../functions/_shared/drill/start_drill.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

const RUN = "20260101T000000Z-aaaaaa";

describe("DrillLedger", () => {
  let database: TestDatabase;
  let client: Client;
  let ledger: DrillLedger;
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true });
    client = await connect(database.url, { applicationName: "holdfast test" });
    await client.query(`insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256)
      values ('${RUN}', 'complete', 'weekly', 'sql', 'cli', 'p/1/', now(), now(), 'p/1/manifest.json', 'sha')`);
  });
  beforeEach(async () => {
    await client.query("delete from backup.drills");
    ledger = new DrillLedger(client, await startDrill(client, "sql", "latest"));
  });
  afterAll(async () => {
    await closeClient(client);
    await database.drop();
  });

  it("DrillLedger.read() tells what is restored where, and nothing of an unknown drill", async () => {
    expect(await ledger.read()).toMatchObject({ run_id: RUN, state: "running", object_prefix: "p/1/", manifest_key: "p/1/manifest.json", manifest_sha256: "sha",
      scratch_database: expect.stringMatching(/^holdfast_drill_\d+_[0-9a-f]{32}$/) });
    expect(await new DrillLedger(client, "00000000-0000-4000-8000-000000000000").read()).toBeNull();
    expect(await new DrillLedger(client, "00000000-0000-4000-8000-000000000000").progress()).toMatchObject({ state: null });
  });

  it("DrillLedger.settings() reads numbers", async () => {
    for (const value of Object.values(await ledger.settings())) expect(value).toEqual(expect.any(Number));
  });

  it("DrillLedger.leftOut() gathers what steps could not bring back, in their order", async () => {
    const first = await ledger.claim("i", true);
    if (first === null) throw new Error("nothing to claim");
    const one = (subject: string) => ({ reason: "role" as const, subject, message: "x" });
    await ledger.complete(first, 1, { left_out: [one("a"), one("b")] }, [{ kind: "k", phase: "data", payload: { n: 1 } }]);
    const second = await ledger.claim("i", true);
    if (second === null) throw new Error("nothing to claim");
    expect(second).toMatchObject({ kind: "k", payload: { n: 1 } });
    await ledger.complete(second, 2.5, { left_out: [one("c")] }, []);
    expect((await ledger.leftOut()).map(({ subject }) => subject)).toEqual(["a", "b", "c"]);
    expect(await ledger.results("k")).toEqual([{ left_out: [one("c")] }]);
    expect(await ledger.phaseSeconds()).toEqual({ check: 1, data: 2.5 });
  });

  it("DrillLedger keeps the codes that SQL raises", async () => {
    const step = await ledger.claim("i", true);
    if (step === null) throw new Error("nothing to claim");
    await expect(ledger.complete({ ...step, claim_id: "00000000-0000-4000-8000-000000000000" }, 1, null, [])).rejects.toMatchObject({ name: "HoldfastError", code: "HF523" });
    await expect(startDrill(client, "sql", "latest")).rejects.toMatchObject({ name: "HoldfastError", code: "HF507" });
    await expect(recordDrill(client, { drill_id: "00000000-0000-4000-8000-00000000000a", run_id: "20200101T000000Z-aaaaaa", target: "url", selection: "named", manifest_sha256: "x",
      verdict: "passed", started_at: "2026-01-01", finished_at: "2026-01-01", phase_seconds: {}, rows: 1, raw_bytes: 1, proof: {}, proof_key: null, failure_code: null, failure_message: null }))
      .rejects.toMatchObject({ name: "HoldfastError", code: "HF001" });
  });

  it("readDrill() tells how the newest drill stands, or the one that is asked for", async () => {
    expect(await readDrill(client, null)).toMatchObject({ drill_id: ledger.drillId, state: "running", verdict: null, steps_done: 0, steps_total: 1, phase: "check", phase_seconds: {} });
    expect(await readDrill(client, ledger.drillId)).toMatchObject({ run_id: RUN });
    expect(await readDrill(client, "00000000-0000-4000-8000-000000000000")).toBeNull();
    await ledger.fail("HF501", 'Object "k" is damaged');
    expect(await readDrill(client, null)).toMatchObject({ state: "failed", verdict: "failed", failure_code: "HF501", failure_message: 'Object "k" is damaged' });
  });
});
