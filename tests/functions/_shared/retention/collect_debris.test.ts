import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { collectDebris } from "../../../../functions/_shared/retention/collect_debris.ts";
import { RetentionLedger } from "../../../../functions/_shared/retention/retention_ledger.ts";
import { prefixOf } from "../../../support/made_up_run.ts";
import { createRetentionWorld, type RetentionWorld } from "../../../support/retention_world.ts";

const DAY = 86_400_000;

describe("collectDebris()", () => {
  let world: RetentionWorld;
  beforeAll(async () => void (world = await createRetentionWorld()));
  afterAll(() => world.close());
  beforeEach(() => world.reset());

  /** As if this many days had passed since the objects were written, as a server sets their times. */
  const collect = (days: number, objects = Infinity) =>
    collectDebris(world.s3, new RetentionLedger(world.client), { objects, until: Infinity, now: () => 0 }, () => Date.now() + days * DAY);
  const put = (key: string) => world.s3.putObject(key, Buffer.from("x"));
  const UNKNOWN = "20200101T000000Z-abcdef";

  it("collectDebris() deletes folders that no ledger knows once nothing in them is young", async () => {
    await put(`${prefixOf(UNKNOWN)}data/1`);
    await put(`${prefixOf(UNKNOWN)}data/2`);
    expect(await collect(0)).toMatchObject({ folders: [], objects: 0, complete: true });
    expect(await collect(4)).toMatchObject({ folders: [UNKNOWN], objects: 2 });
    expect(await world.keys()).toEqual([]);
  });

  it("collectDebris() never deletes a backup that the ledger does not know, and names it", async () => {
    await put(`${prefixOf(UNKNOWN)}data/1`);
    await put(`${prefixOf(UNKNOWN)}manifest.json`);
    expect(await collect(4000)).toMatchObject({ folders: [], objects: 0, unknownBackups: [UNKNOWN] });
    expect((await world.keys(UNKNOWN)).length).toBe(2);
  });

  it("collectDebris() leaves every run of the ledger, other projects, and folders that are no run", async () => {
    const failed = await world.run({ daysAgo: 400, state: "failed", objects: 1 });
    const others = ["holdfast/other/runs/20200101T000000Z-abcdef/data/1", "holdfast/local/runs/notes/1", "holdfast/local/reports/20200101T000000Z-abcdef/x", "holdfast/local/runs/20990101T000000Z-abcdef/data/1"];
    for (const key of others) await put(key);
    expect(await collect(10)).toMatchObject({ folders: [], objects: 0 });
    expect((await world.keys()).length).toBe(others.length + (await world.keys(failed)).length);
  });

  it("collectDebris() deletes what a worker wrote into a run that was deleted already", async () => {
    const failed = await world.run({ daysAgo: 400, state: "failed", objects: 2 });
    await world.sql("update backup.runs set objects_deleted_at = now()");
    expect(await collect(10)).toMatchObject({ folders: [] });
    await world.sql("update backup.runs set objects_deleted_at = now() - interval '10 days'");
    expect(await collect(10)).toMatchObject({ folders: [failed], objects: 2 });
  });

  it("collectDebris() stops when its budget is spent", async () => {
    for (let n = 0; n < 3; n++) await put(`${prefixOf(`20200101T00000${n}Z-abcdef`)}data/1`);
    expect(await collect(4, 1)).toMatchObject({ objects: 1, complete: false });
    expect(await collect(4)).toMatchObject({ objects: 2, complete: true });
  });
});
