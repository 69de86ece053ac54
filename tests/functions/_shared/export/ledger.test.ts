import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import { claimKind, createExportWorld, type ExportWorld, openRun, type OpenRun, planned } from "../../../support/export_world.ts";

const NOBODY = "00000000-0000-4000-8000-000000000000";

describe("Ledger", () => {
  let world: ExportWorld;
  let run: OpenRun;

  beforeAll(async () => {
    world = await createExportWorld();
    await world.sql("create schema shop; create table shop.a as select 1 as id; update backup.settings set included_schemas = '{shop}' where id");
  });

  beforeEach(async () => {
    run = await openRun(world);
  });

  afterEach(async () => {
    await run.close();
  });

  afterAll(async () => {
    await world.close();
  });

  it("Ledger turns what SQL raises into HoldfastError with its code, for every call", async () => {
    const { ledger, runId } = run;
    const calls: (() => Promise<unknown>)[] = [
      () => ledger.startRun("cli", "cli", null, "x"), () => ledger.beginExport("20000101T000000Z-000000"), () => ledger.complete(runId, NOBODY, []),
      () => ledger.release(runId, NOBODY, 1, "HF203", "m", true), () => ledger.giveBack(runId, NOBODY), () => ledger.split(runId, NOBODY, 1),
      () => ledger.replan(runId, NOBODY, 1, { filenode: 1, pages: "1", bytes: "1", rows: "1" }), () => ledger.recordPlan(runId, NOBODY, [], "f", "x", "[]"),
      () => ledger.finish(runId, NOBODY, 1, { key: "k", sha256: "s", bytes: 1, archived: false }),
    ];
    const errors: unknown[] = [];
    for (const call of calls) errors.push(await call().then(() => undefined, (error: unknown) => error));
    expect(errors.every((error) => error instanceof HoldfastError)).toBe(true);
    expect(errors.map((error) => (error as HoldfastError).code)).toEqual(["HF002", "HF001", ...Array.from({ length: 7 }, () => "HF004")]);
  });

  it("Ledger hands on errors without a code of the catalogue", async () => {
    await expect(run.ledger.startRun("http", "cli", "hourly", "x")).rejects.not.toBeInstanceOf(HoldfastError);
  });

  it("startRun() returns the id of a run of the engine, trigger, tier and place it was asked for", async () => {
    await run.ledger.fail(run.runId, "HF003", "the test is over", null);
    const runId = await run.ledger.startRun("http", "functions", "weekly", "root/");
    expect(await world.sql("select engine, trigger, tier::text, object_prefix from backup.runs where run_id = $1", [runId]))
      .toEqual([{ engine: "functions", trigger: "http", tier: "weekly", object_prefix: `root/local/runs/${runId}/` }]);
    await run.ledger.fail(runId, "HF003", "the test is over", null);
  });

  it("settings() and progress() give numbers, not text", async () => {
    expect(await run.ledger.settings()).toMatchObject({ workers: expect.any(Number), worker_bytes: expect.any(Number), worker_seconds: expect.any(Number), chunk_bytes: expect.any(Number) });
    expect(await run.ledger.progress(run.runId)).toEqual({ state: "exporting", chunks_done: 0, chunks_total: 1, bytes_done: 0, bytes_total: 0,
      claimable: 1, next_claim_in_ms: null, failure_code: null, failure_message: null });
  });

  it("progress() of an unknown run has no state", async () => {
    expect(await run.ledger.progress("20000101T000000Z-000000")).toMatchObject({ state: null, claimable: 0, chunks_total: 0, next_claim_in_ms: null });
  });

  it("claim() gives a chunk to one worker only, and release() back to all after a back-off", async () => {
    const [plan] = await run.ledger.claim(run.runId, "one", 1, true);
    expect(plan).toMatchObject({ kind: "plan", attempt: 1, chunk_no: 1, schema_name: null });
    expect(await run.ledger.claim(run.runId, "two", 1, true)).toEqual([]);
    expect(await run.ledger.release(run.runId, plan?.claim_id ?? "", 1, "HF203", "slow", true)).toBe(true);
    expect(await run.ledger.claim(run.runId, "two", 1, true)).toEqual([]);
    const { next_claim_in_ms: wait } = await run.ledger.progress(run.runId);
    expect(wait).toBeGreaterThan(1000);
    expect(wait).toBeLessThan(2100);
  });

  it("release() of a final failure fails the run with code and message", async () => {
    const [plan] = await run.ledger.claim(run.runId, "one", 1, true);
    expect(await run.ledger.release(run.runId, plan?.claim_id ?? "", 1, "HF202", "denied", false)).toBe(false);
    expect(await run.ledger.progress(run.runId)).toMatchObject({ state: "failed", failure_code: "HF202", failure_message: "denied" });
    expect(await run.ledger.fail(run.runId, "HF203", "later", null)).toBe(false);
  });

  it("claim() names columns, range, storage file and fingerprint of data", async () => {
    await planned(run);
    const [data] = await claimKind(run, "data");
    expect(data).toMatchObject({ kind: "data", schema_name: "shop", table_name: "a", columns: ["id"], first_tid: "(0,0)", end_tid: null,
      filenode: expect.any(Number), fingerprint_expression: expect.stringContaining("t.id"), estimated_bytes: expect.any(String) });
  });

  it("addWarnings() stores warnings and does nothing without any", async () => {
    await run.ledger.addWarnings(run.runId, []);
    await run.ledger.addWarnings(run.runId, [{ code: "c", subject: "s", message: "m" }]);
    expect(await world.sql("select warnings from backup.runs where run_id = $1", [run.runId])).toEqual([{ warnings: [{ code: "c", subject: "s", message: "m" }] }]);
  });
});
