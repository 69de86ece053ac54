import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readRunRecord } from "../../../../functions/_shared/export/read_run_record.ts";
import { createExportWorld, type ExportWorld, openRun, type OpenRun } from "../../../support/export_world.ts";

describe("readRunRecord()", () => {
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

  it("readRunRecord() throws for an unknown run and gives the settings that shape text", async () => {
    await expect(readRunRecord(run.context.client, "20000101T000000Z-000000")).rejects.toThrow("not in the ledger");
    const { run: record } = await readRunRecord(run.context.client, run.runId);
    expect(record.settings).toMatchObject({ client_encoding: "UTF8", DateStyle: "ISO, MDY", IntervalStyle: "postgres", TimeZone: "UTC", extra_float_digits: "1", bytea_output: "hex", block_size: "8192" });
    expect(record.snapshot_at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/);
  });
});
