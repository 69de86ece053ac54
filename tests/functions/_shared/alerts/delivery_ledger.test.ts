import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DeliveryLedger } from "../../../../functions/_shared/alerts/delivery_ledger.ts";
import { type AlertsWorld, createAlertsWorld } from "../../../support/alerts_world.ts";

let world: AlertsWorld;
let ledger: DeliveryLedger;
beforeAll(async () => {
  world = await createAlertsWorld();
  ledger = new DeliveryLedger(world.client);
});
beforeEach(() => world.reset());
afterAll(() => world.close());

describe("DeliveryLedger", () => {
  it("DeliveryLedger claims what was queued, as it was queued", async () => {
    await world.raise("x", { message: "disk is full" });
    await world.sql("select backup.queue_heartbeat('heartbeat_export', 'r')");
    const claims = await ledger.claim(["slack", "heartbeat_export"], 5);
    expect(claims).toMatchObject([
      { channel: "slack", event: { kind: "alert", event: "raised", content: { project: "clinic", cause: "x", severity: "critical", message: "disk is full" } } },
      { channel: "heartbeat_export", event: { kind: "heartbeat" } },
    ]);
    expect(await ledger.claim(["slack", "heartbeat_export"], 5)).toEqual([]);
    expect(await ledger.project()).toBe("clinic");
  });

  it("DeliveryLedger reports what arrived, what is tried again when the receiver says, and what is given up", async () => {
    await world.raise("x");
    const claims = await ledger.claim(["discord", "email", "slack"], 5);
    const outcomes = [
      { sent: true, status: 204 }, { sent: false, status: 429, error: "HTTP 429", final: false, retryAfterSeconds: 600 }, { sent: false, status: 404, error: "HTTP 404", final: true, retryAfterSeconds: null },
    ] as const;
    for (const [index, channel] of (["discord", "email", "slack"] as const).entries()) {
      const claim = claims.find((one) => one.channel === channel);
      if (claim !== undefined) await ledger.report(claim, outcomes[index] ?? outcomes[0]);
    }
    expect(await world.log()).toEqual([
      ["discord", "raised", "sent", 1, 204, null], ["email", "raised", "pending", 1, 429, "HTTP 429"], ["slack", "raised", "failed", 1, 404, "HTTP 404"],
    ]);
    expect(await world.sql("select round(extract(epoch from not_before - now()))::integer between 590 and 600 as later from backup.alert_deliveries where channel = 'email'")).toEqual([{ later: true }]);
  });

  it("DeliveryLedger ignores the report of a claim that was lost", async () => {
    await world.raise("x");
    const [lost] = await ledger.claim(["slack"], 5);
    await world.makeDue();
    await ledger.claim(["slack"], 5);
    if (lost !== undefined) await ledger.report(lost, { sent: false, status: 404, error: "HTTP 404", final: true, retryAfterSeconds: null });
    expect(await world.log()).toEqual([["slack", "raised", "pending", 2, null, null]]);
  });

  it("DeliveryLedger records tests of channels that are there", async () => {
    await ledger.recordTest([
      { channel: "slack", outcome: "sent", status_code: 200, error: null }, { channel: "email", outcome: "failed", status_code: null, error: "no answer" },
      { channel: "discord", outcome: "not_configured", status_code: null, error: null },
    ]);
    expect((await world.log()).sort()).toEqual([["email", "test", "failed", 1, null, "no answer"], ["slack", "test", "sent", 1, 200, null]]);
  });
});
