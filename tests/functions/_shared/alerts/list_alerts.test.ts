import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ALERT_GUIDE } from "../../../../functions/_shared/alerts/alert_guide.ts";
import { listAlerts, listDeliveries } from "../../../../functions/_shared/alerts/list_alerts.ts";
import { type AlertsWorld, createAlertsWorld } from "../../../support/alerts_world.ts";

let world: AlertsWorld;
beforeAll(async () => {
  world = await createAlertsWorld();
  await world.reset();
  await world.raise("old", { severity: "critical" });
  await world.sql("select backup.resolve_alert('old')");
  await world.raise("drill_overdue", { severity: "warning", message: "no drill has ever passed" });
  await world.raise("missed_run", { severity: "critical" });
  await world.sql("select * from backup.claim_deliveries('{slack}', 1)");
});
afterAll(() => world.close());

describe("listAlerts()", () => {
  it("listAlerts() lists open alerts, critical ones first, with what to do", async () => {
    expect(await listAlerts(world.client, { all: false, limit: 10 })).toMatchObject([
      { cause: "missed_run", severity: "critical", occurrences: 1, resolved_at: null, what_to_do: ALERT_GUIDE["missed_run"] },
      { cause: "drill_overdue", message: "no drill has ever passed", details: {} },
    ]);
  });

  it("listAlerts() lists resolved ones after them, and no more than asked for", async () => {
    expect((await listAlerts(world.client, { all: true, limit: 10 })).map(({ cause, what_to_do }) => [cause, what_to_do !== null]))
      .toEqual([["missed_run", true], ["drill_overdue", true], ["old", false]]);
    expect(await listAlerts(world.client, { all: true, limit: 2 })).toHaveLength(2);
  });
});

describe("listDeliveries()", () => {
  it("listDeliveries() lists what was told, newest first", async () => {
    expect(await listDeliveries(world.client, 10)).toMatchObject([
      { cause: "missed_run", event: "raised", channel: "slack", state: "pending", attempts: 0, status_code: null, error: null, finished_at: null },
      { cause: "old", event: "resolved" },
      { cause: "drill_overdue", attempts: 1 },
      { cause: "old", event: "raised", state: "skipped", error: expect.stringMatching(/^replaced by delivery \d+$/) },
    ]);
    expect(await listDeliveries(world.client, 1)).toHaveLength(1);
  });
});
