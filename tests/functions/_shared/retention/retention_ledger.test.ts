import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RetentionLedger } from "../../../../functions/_shared/retention/retention_ledger.ts";
import { createRetentionWorld, type RetentionWorld } from "../../../support/retention_world.ts";

describe("RetentionLedger", () => {
  let world: RetentionWorld;
  beforeAll(async () => void (world = await createRetentionWorld()));
  afterAll(() => world.close());

  it("RetentionLedger tells the plan with its marks, and translates what SQL refuses", async () => {
    await world.reset();
    const [old, newest] = [await world.run({ daysAgo: 400, objects: 0 }), await world.run({ daysAgo: 1, objects: 0 })];
    const ledger = new RetentionLedger(world.client);
    expect(await ledger.plan()).toMatchObject([{ run_id: newest, decision: "keep", marked_at: null }, { run_id: old, decision: "expire", marked_at: null, reasons: ["past_retention"] }]);
    expect(await ledger.claim()).toBeNull();
    expect(await ledger.mark()).toEqual({ marked: 1, unmarked: 0 });
    expect((await ledger.plan())[1]).toMatchObject({ run_id: old, delete_after: expect.stringMatching(/^\d{4}-/) });
    await world.endGrace();
    const claim = await ledger.claim();
    expect(claim).toMatchObject({ run_id: old });
    if (claim === null) return;
    await expect(ledger.begin({ ...claim, claim_id: "00000000-0000-0000-0000-000000000000" })).rejects.toMatchObject({ code: "HF602" });
    expect(await ledger.begin(claim)).toBe(true);
    await ledger.finish(claim, 1, 2);
    expect((await ledger.plan()).map(({ run_id }) => run_id)).toEqual([newest]);
    await ledger.handOver(false);
    expect(await world.sql("select function_name, body from backup.tickets")).toEqual([{ function_name: "apply-retention", body: { apply: true } }]);
  });
});
