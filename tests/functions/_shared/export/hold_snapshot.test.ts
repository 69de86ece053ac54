import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { holdSnapshot } from "../../../../functions/_shared/export/hold_snapshot.ts";
import { Ledger } from "../../../../functions/_shared/export/ledger.ts";
import { waitForSnapshot } from "../../../../functions/_shared/export/wait_for_snapshot.ts";
import { createExportWorld, type ExportWorld, HOOKS } from "../../../support/export_world.ts";
import { waitUntil } from "../../../support/wait_until.ts";

describe("holdSnapshot()", () => {
  let world: ExportWorld;
  let ledger: Ledger;

  beforeAll(async () => {
    world = await createExportWorld();
    ledger = new Ledger(await world.connect());
  });

  afterAll(async () => {
    await world.close();
  });

  async function keepers(): Promise<number> {
    const rows = await world.sql("select 1 from pg_stat_activity where datname = current_database() and application_name like 'holdfast:%'");
    return rows.length;
  }

  it("holdSnapshot() publishes a snapshot that others find, and lets go when the run ends", async () => {
    const runId = await ledger.startRun("cli", "cli", null, "holdfast");
    const keeper = await holdSnapshot((name) => world.connect(name), runId);
    const snapshotId = await waitForSnapshot(ledger, runId, 10_000, HOOKS);
    expect(snapshotId).toMatch(/^[0-9A-F]+-[0-9A-F]+-\d+$/);
    expect(await ledger.keeperHolds(runId, snapshotId ?? "")).toBe(true);
    expect(await ledger.keeperHolds(runId, "00000003-0000001B-9")).toBe(false);
    await ledger.fail(runId, "HF003", "the test is over", null);
    await keeper.release();
    expect(await keepers()).toBe(0);
    await keeper.release();
  });

  it("release() cuts the session of a run that is still alive", async () => {
    const runId = await ledger.startRun("cli", "cli", null, "holdfast");
    const keeper = await holdSnapshot((name) => world.connect(name), runId);
    await waitForSnapshot(ledger, runId, 10_000, HOOKS);
    expect(await keepers()).toBe(1);
    await keeper.release();
    await waitUntil(async () => (await keepers()) === 0);
    await ledger.fail(runId, "HF003", "the test is over", null);
  }, 15_000);

  it("holdSnapshot() does not throw when its session is killed; the ledger notices", async () => {
    const runId = await ledger.startRun("cli", "cli", null, "holdfast");
    const keeper = await holdSnapshot((name) => world.connect(name), runId);
    await waitForSnapshot(ledger, runId, 10_000, HOOKS);
    await world.sql("select pg_terminate_backend(keeper_pid) from backup.runs where run_id = $1", [runId]);
    await waitUntil(async () => (await keepers()) === 0);
    expect(await ledger.beginExport(runId)).toBeNull();
    expect(await ledger.progress(runId)).toMatchObject({ state: "failed", failure_code: "HF300" });
    await keeper.release();
  });
});
