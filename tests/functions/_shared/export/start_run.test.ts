import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startRun } from "../../../../functions/_shared/export/start_run.ts";
import { createExportWorld, type ExportWorld, openRun, type OpenRun } from "../../../support/export_world.ts";

describe("startRun()", () => {
  let world: ExportWorld;
  let run: OpenRun;

  beforeAll(async () => {
    world = await createExportWorld();
    run = await openRun(world);
  });

  afterAll(async () => {
    await run.close();
    await world.close();
  });

  it("startRun() translates HF002 and returns the id of a run of the functions", async () => {
    await expect(startRun(run.context.client, "http", null, "x")).rejects.toMatchObject({ name: "HoldfastError", code: "HF002" });
    await run.ledger.fail(run.runId, "HF003", "the test is over", null);
    const runId = await startRun(run.context.client, "http", "weekly", "root/");
    expect(await world.sql("select engine, trigger, tier::text, object_prefix from backup.runs where run_id = $1", [runId]))
      .toEqual([{ engine: "functions", trigger: "http", tier: "weekly", object_prefix: `root/local/runs/${runId}/` }]);
    await run.ledger.fail(runId, "HF003", "the test is over", null);
  });
});
