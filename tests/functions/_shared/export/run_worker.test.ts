import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { holdSnapshot, type HeldSnapshot } from "../../../../functions/_shared/export/hold_snapshot.ts";
import { Ledger } from "../../../../functions/_shared/export/ledger.ts";
import { runWorker } from "../../../../functions/_shared/export/run_worker.ts";
import { makeAgeKey } from "../../../support/age_keys.ts";
import { createExportWorld, type ExportWorld } from "../../../support/export_world.ts";

describe("runWorker()", () => {
  let world: ExportWorld;
  let runId: string;
  let keeper: HeldSnapshot | undefined;

  beforeAll(async () => {
    world = await createExportWorld();
    await world.sql("create schema shop; create table shop.a as select g as id, repeat('x', 1000) as t from generate_series(1, 1000) g");
  });

  beforeEach(async () => {
    await world.sql("update backup.settings set included_schemas = '{shop}', chunk_bytes = 65536, workers = 3, worker_bytes = 300000, worker_seconds = 20 where id; delete from backup.tickets");
    runId = await new Ledger(await world.connect()).startRun("http", "functions", null, "holdfast");
    keeper = undefined;
  });

  afterEach(async () => {
    await world.sql("select backup.fail_run($1, 'HF003', 'the test is over')", [runId]);
    await keeper?.release();
  });

  afterAll(async () => {
    await world.close();
  });

  const hold = async () => { keeper = await holdSnapshot((name) => world.connect(name), runId); };
  const worker = async (name: string, recipients: string[] = []) => runWorker(await world.connect("holdfast worker"), world.s3, runId, name, () => recipients);
  const tickets = () => world.sql<{ body: unknown }>("select body from backup.tickets where run_id = $1 order by issued_at", [runId]);

  it("runWorker() works within the budget of the settings and hands over to fresh invocations", async () => {
    await hold();
    expect(await worker("one")).toMatchObject({ outcome: "budget" });
    const issued = await tickets();
    // The plan calls for the other workers; the spent budget for a successor.
    expect(issued).toHaveLength(3);
    expect(issued[0]).toEqual({ body: { action: "work", run_id: runId } });
  });

  it("runWorker() completes a run by as many invocations as it takes", async () => {
    await hold();
    let last: Awaited<ReturnType<typeof runWorker>> = null;
    let count = 0;
    for (; count < 30 && last?.outcome !== "ended"; count++) last = await worker(`worker-${count}`);
    expect(count).toBeGreaterThan(4);
    const [row] = await world.sql("select state, rows from backup.runs where run_id = $1", [runId]);
    expect(row).toEqual({ state: "complete", rows: "1000" });
    await expect(worker("late")).rejects.toMatchObject({ code: "HF003" });
  }, 60_000);

  it("runWorker() takes on less of an encrypted run, whatever number the budget is, and completes it", async () => {
    const { recipient } = await makeAgeKey();
    await world.sql("update backup.settings set worker_bytes = 300001 where id");
    await hold();
    let last: Awaited<ReturnType<typeof runWorker>> = null;
    let most = 0;
    for (let count = 0; count < 40 && last?.outcome !== "ended"; count++) {
      last = await worker(`worker-${count}`, [recipient]);
      most = Math.max(most, last?.bytes ?? 0);
    }
    expect(await world.sql("select state::text, rows, age_recipients from backup.runs where run_id = $1", [runId])).toEqual([{ state: "complete", rows: "1000", age_recipients: [recipient] }]);
    // One claim more than 180,000 bytes at most: a chunk of 64 KiB, its encryption, and that of small objects.
    expect(most).toBeLessThan(600_000);
  }, 60_000);

  it("runWorker() waits for the keeper that comes a moment later", async () => {
    const working = worker("early");
    setTimeout(() => void hold(), 400);
    expect(await working).toMatchObject({ outcome: "budget" });
  });

  it("runWorker() gives up when the run fails before its keeper has come", async () => {
    await world.sql("select backup.fail_run($1, 'HF300', 'no keeper')", [runId]);
    await expect(worker("early")).rejects.toMatchObject({ code: "HF003" });
  });

  it("runWorker() throws HF001 for an unknown run", async () => {
    await expect(runWorker(await world.connect(), world.s3, "20000101T000000Z-000000", "w", () => [])).rejects.toMatchObject({ code: "HF001" });
  });

  it("runWorker() fails the run and issues no more tickets when the storage refuses the key", async () => {
    await hold();
    const client = await world.connect("holdfast worker");
    expect(await runWorker(client, world.s3With({}, { secretAccessKey: "wrong" }), runId, "w", () => [])).toMatchObject({ outcome: "ended" });
    expect(await tickets()).toEqual([]);
    expect(await world.sql("select state::text, failure_code from backup.runs where run_id = $1", [runId])).toEqual([{ state: "failed", failure_code: "HF202" }]);
  });
});
