import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Ledger } from "../../../../functions/_shared/export/ledger.ts";
import { makeContext } from "../../../../functions/_shared/export/make_context.ts";
import { createExportWorld, type ExportWorld, openRun, type OpenRun } from "../../../support/export_world.ts";

describe("makeContext()", () => {
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

  it("makeContext() throws HF001 for an unknown run", async () => {
    const limits = { maxChunkBytes: 1, maxRowBytes: 1, maxRenderedFacts: 1 };
    await expect(makeContext(run.context.client, world.s3, "20000101T000000Z-000000", "w", "x", limits)).rejects.toMatchObject({ code: "HF001" });
    expect(run.context).toMatchObject({ objectPrefix: `holdfast/local/runs/${run.runId}/`, worker: "worker" });
    expect(run.context.ledger).toBeInstanceOf(Ledger);
  });
});
