import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ClaimedChunk } from "../../../../functions/_shared/export/ledger.ts";
import { planRun } from "../../../../functions/_shared/export/plan_run.ts";
import { createExportWorld, type ExportWorld, openRun, type OpenRun } from "../../../support/export_world.ts";
import { waitUntil } from "../../../support/wait_until.ts";

describe("planRun()", () => {
  let world: ExportWorld;
  let run: OpenRun;

  beforeAll(async () => {
    world = await createExportWorld();
    await world.sql("create schema shop; update backup.settings set included_schemas = '{shop}' where id; create table shop.a as select g as id from generate_series(1, 100) g; create table shop.p (id integer) partition by range (id)");
  });

  afterEach(async () => {
    world.storage.faults.clear();
    await run.close();
  });

  afterAll(async () => {
    await world.close();
  });

  async function claimPlan(): Promise<ClaimedChunk> {
    run = await openRun(world);
    const [chunk] = await run.ledger.claim(run.runId, "worker", 1, true);
    if (chunk === undefined) throw new Error("no chunk");
    return chunk;
  }

  it("planRun() records tables as of the snapshot, their chunks, and the state of the schema", async () => {
    const chunk = await claimPlan();
    await world.sql("insert into shop.a values (101); create table shop.late (id integer)");
    await planRun(run.context, chunk);
    expect(await world.sql("select table_name, status::text, planned_rows from backup.run_tables where run_id = $1 and schema_name = 'shop' order by 1", [run.runId])).toEqual([
      { table_name: "a", status: "pending", planned_rows: "100" }, { table_name: "p", status: "excluded", planned_rows: null },
    ]);
    expect(await world.sql("select kind::text, state::text from backup.chunks where run_id = $1 order by chunk_no", [run.runId])).toEqual([
      { kind: "plan", state: "done" }, ...["schema", "globals", "data", "schema_sql", "sequences", "manifest"].map((kind) => ({ kind, state: "pending" })),
    ]);
    expect(await world.sql("select schema_fingerprint ~ '^[0-9a-f]{32}$' as hashed, snapshot_xids ~ '^\\d+:\\d+:' as xids from backup.runs where run_id = $1", [run.runId])).toEqual([{ hashed: true, xids: true }]);
    await world.sql("drop table shop.late; delete from shop.a where id = 101");
  });

  it("planRun() asks the bucket first, so that a wrong key costs no plan", async () => {
    const chunk = await claimPlan();
    const denied = { ...run.context, s3: world.s3With({}, { secretAccessKey: "wrong" }) };
    await expect(planRun(denied, chunk)).rejects.toMatchObject({ code: "HF202" });
    const missing = { ...run.context, s3: world.s3With({}, { bucket: "nowhere" }) };
    await expect(planRun(missing, chunk)).rejects.toMatchObject({ code: "HF201" });
    expect(await world.sql("select 1 from backup.run_tables where run_id = $1", [run.runId])).toEqual([]);
  });

  it("planRun() throws HF301 when a table was rewritten between snapshot and plan", async () => {
    const chunk = await claimPlan();
    await world.sql("truncate shop.a");
    await expect(planRun(run.context, chunk)).rejects.toMatchObject({ code: "HF301", message: expect.stringContaining("shop.a") });
    await world.sql("insert into shop.a select g from generate_series(1, 100) g");
  });

  it("planRun() throws HF301 when it waits for a table that is being truncated, instead of planning it as empty", async () => {
    const chunk = await claimPlan();
    const other = await world.connect();
    await other.query("begin; truncate shop.a");
    const planning = planRun(run.context, chunk);
    planning.catch(() => undefined);
    await waitUntil(async () => (await world.sql("select 1 from pg_locks where not granted and relation = 'shop.a'::regclass")).length > 0);
    await other.query("commit");
    await expect(planning).rejects.toMatchObject({ code: "HF301", message: expect.stringContaining("shop.a") });
    await world.sql("insert into shop.a select g from generate_series(1, 100) g");
  });

  it("planRun() throws HF300 when the keeper is gone", async () => {
    const chunk = await claimPlan();
    await world.sql("select pg_terminate_backend(keeper_pid) from backup.runs where run_id = $1", [run.runId]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await expect(planRun(run.context, chunk)).rejects.toMatchObject({ code: "HF300" });
  });
});
