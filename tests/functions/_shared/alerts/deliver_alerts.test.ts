import { createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { deliverAlerts, type DeliveryReport } from "../../../../functions/_shared/alerts/deliver_alerts.ts";
import { sendRequest } from "../../../../functions/_shared/alerts/send_request.ts";
import { parseAlertConfig } from "../../../../functions/_shared/config/parse_alert_config.ts";
import { type AlertsWorld, createAlertsWorld, WEBHOOK_KEY } from "../../../support/alerts_world.ts";

let world: AlertsWorld;
beforeAll(async () => void (world = await createAlertsWorld()));
beforeEach(() => world.reset());
afterAll(() => world.close());

const deliver = (env: Record<string, string> = world.env, until = 60_000, timeoutMs = 10_000): Promise<DeliveryReport> => {
  const from = performance.now();
  return deliverAlerts({ database: world.client, channels: parseAlertConfig(env), send: (request) => sendRequest(request, { timeoutMs }), until, now: () => performance.now() - from });
};
const only = (...names: string[]) => Object.fromEntries(Object.entries(world.env).filter(([name]) => names.some((one) => name.includes(one))));

describe("deliverAlerts()", () => {
  it("deliverAlerts() tells every channel of messages, and only those", async () => {
    await world.raise("export_failed", { message: "export failed: HF202 access denied" });
    expect(await deliver()).toEqual({ sent: 4, failed: 0 });
    expect(world.receiver.received.map(({ path }) => path).sort()).toEqual(["/discord-t0ken?wait=true", "/email", "/slack-t0ken", "/webhook"]);
    expect((await world.log()).map(([channel, event, state, attempts]) => [channel, event, state, attempts]))
      .toEqual(["discord", "email", "slack", "webhook"].map((channel) => [channel, "raised", "sent", 1]));
    expect(await deliver()).toEqual({ sent: 0, failed: 0 });
  });

  it("deliverAlerts() signs what arrives, and tells again with the same id when the first answer was 500", async () => {
    world.receiver.answer("/webhook", { status: 500 }, { status: 200 });
    await world.raise("x");
    expect(await deliver(only("WEBHOOK"))).toEqual({ sent: 0, failed: 1 });
    expect(await world.log()).toEqual([["webhook", "raised", "pending", 1, 500, "HTTP 500"]]);
    expect(await deliver(only("WEBHOOK"))).toEqual({ sent: 0, failed: 0 });
    await world.makeDue();
    expect(await deliver(only("WEBHOOK"))).toEqual({ sent: 1, failed: 0 });
    expect(await world.log()).toEqual([["webhook", "raised", "sent", 2, 200, null]]);
    const [first, second] = world.receiver.received;
    expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
    expect(second?.body).toEqual(first?.body);
    for (const { headers, body } of world.receiver.received) {
      const signed = Buffer.concat([Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.`), body]);
      expect(headers["webhook-signature"]).toBe(`v1,${createHmac("sha256", WEBHOOK_KEY).update(signed).digest("base64")}`);
    }
  });

  it("deliverAlerts() tries again later what hangs or is cut off, gives up at once what is refused, and waits as long as asked", async () => {
    world.receiver.answer("/slack-t0ken", () => undefined);
    world.receiver.answer("/webhook", (response) => void response.socket?.destroy());
    world.receiver.answer("/discord-t0ken", { status: 404 });
    world.receiver.answer("/email", { status: 429, headers: { "retry-after": "1800" } });
    await world.raise("x");
    expect(await deliver(world.env, 60_000, 2000)).toEqual({ sent: 0, failed: 4 });
    expect(await world.log()).toEqual([
      ["discord", "raised", "failed", 1, 404, "HTTP 404"],
      ["email", "raised", "pending", 1, 429, "HTTP 429"],
      ["slack", "raised", "pending", 1, null, "no answer within 2 s"],
      ["webhook", "raised", "pending", 1, null, expect.stringMatching(/^no answer \(\w+\)$/)],
    ]);
    expect(await world.sql("select channel, round(extract(epoch from not_before - now()) / 60)::integer as minutes from backup.alert_deliveries where state = 'pending' order by channel"))
      .toEqual([{ channel: "email", minutes: 30 }, { channel: "slack", minutes: 1 }, { channel: "webhook", minutes: 1 }]);
  });

  it("deliverAlerts() follows no redirect", async () => {
    world.receiver.answer("/slack-t0ken", { status: 307, headers: { location: `${world.receiver.url}/stolen` } });
    await world.raise("x");
    await deliver(only("SLACK"));
    expect(world.receiver.received.map(({ path }) => path)).toEqual(["/slack-t0ken"]);
    expect(await world.log()).toEqual([["slack", "raised", "failed", 1, 307, "HTTP 307: redirects are not followed"]]);
  });

  it("deliverAlerts() gives up after so many attempts, which is an alert of its own and ends with a test that arrives", async () => {
    await world.sql("update backup.settings set alert_max_attempts = 2");
    world.receiver.answer("/slack-t0ken", { status: 500 }, { status: 500 });
    await world.raise("x");
    await deliver(only("SLACK"));
    await world.makeDue();
    await deliver(only("SLACK"));
    expect(await world.log()).toEqual([["slack", "raised", "failed", 2, 500, "HTTP 500"]]);
    await world.sql("select backup.settle_alerts()");
    expect(await world.sql("select severity, message from backup.alerts where cause = 'delivery_failing' and resolved_at is null")).toEqual([{ severity: "warning", message: "alerts do not arrive: slack: HTTP 500" }]);
    await world.sql(`select backup.record_alert_test('[{"channel": "slack", "sent": true, "status_code": 200}]')`);
    await world.sql("select backup.settle_alerts()");
    expect(await world.sql("select from backup.alerts where cause = 'delivery_failing' and resolved_at is null")).toEqual([]);
  });

  it("deliverAlerts() marks what nobody can be told of, once, and sends for nobody again", async () => {
    await world.raise("x");
    expect(await deliver({})).toEqual({ sent: 0, failed: 0 });
    expect(await world.log()).toEqual([[null, "raised", "skipped", 0, null, "no channel configured"]]);
    expect(await world.sql("select backup.queue_alerts() + backup.dispatch_deliveries() as work")).toEqual([{ work: 0 }]);
  });

  it("deliverAlerts() records a channel that is set up wrongly, by the name of its variable, and tells the others", async () => {
    await world.raise("x");
    expect(await deliver({ ...only("DISCORD"), HOLDFAST_ALERT_SLACK_URL: "http://slack.example/t0ken" })).toEqual({ sent: 1, failed: 1 });
    expect(await world.log()).toEqual([["discord", "raised", "sent", 1, 200, null], ["slack", "raised", "failed", 1, null, expect.stringMatching(/^HOLDFAST_ALERT_SLACK_URL must be an https URL/)]]);
  });

  it("deliverAlerts() pings the heartbeat of an export on its own channel, and tries again when it fails", async () => {
    world.receiver.answer("/ping-export-t0ken", { status: 503 });
    await world.sql("select backup.queue_heartbeat('heartbeat_export', 'r'), backup.queue_heartbeat('heartbeat_verify', 'v')");
    expect(await deliver(only("HEARTBEAT_EXPORT"))).toEqual({ sent: 0, failed: 1 });
    await world.makeDue();
    expect(await deliver(only("HEARTBEAT_EXPORT"))).toEqual({ sent: 1, failed: 0 });
    expect((await world.log()).sort()).toEqual([
      ["heartbeat_export", "heartbeat", "sent", 2, 200, null], ["heartbeat_verify", "heartbeat", "skipped", 0, null, "channel is not configured"],
    ]);
    expect(world.receiver.received.map(({ method, path, body }) => `${method} ${path} ${body.length}`)).toEqual(["GET /ping-export-t0ken 0", "GET /ping-export-t0ken 0"]);
  });

  it("deliverAlerts() sends the messages of a channel in order, those of a slow one beside the others", async () => {
    world.receiver.answer("/slack-t0ken", (response) => void setTimeout(() => response.writeHead(200).end(), 200));
    for (const cause of ["a", "b", "c", "d", "e", "f", "g"]) await world.raise(cause);
    expect(await deliver(only("SLACK", "WEBHOOK"))).toEqual({ sent: 14, failed: 0 });
    const told = world.receiver.received.filter(({ path }) => path === "/slack-t0ken").map(({ body }) => /CRITICAL (\w)/.exec(body.toString())?.[1]);
    expect(told).toEqual(["a", "b", "c", "d", "e", "f", "g"]);
  });

  it("deliverAlerts() claims nothing more once its time is up", async () => {
    for (const cause of ["a", "b", "c", "d", "e", "f", "g"]) await world.raise(cause);
    expect(await deliver(only("SLACK"), 0)).toEqual({ sent: 5, failed: 0 });
    expect(await deliver(only("SLACK"), 0)).toEqual({ sent: 2, failed: 0 });
  });

  it("deliverAlerts() sends again what a function that died had claimed, after its lease", async () => {
    await world.raise("x");
    await world.sql("select * from backup.claim_deliveries('{slack}')");
    expect(await deliver(only("SLACK"))).toEqual({ sent: 0, failed: 0 });
    await world.makeDue();
    expect(await deliver(only("SLACK"))).toEqual({ sent: 1, failed: 0 });
    expect(await world.log()).toEqual([["slack", "raised", "sent", 2, 200, null]]);
  });

  it("deliverAlerts() keeps every secret out of messages and the ledger", async () => {
    world.receiver.answer("/slack-t0ken", { status: 400, body: "t0ken" });
    world.receiver.answer("/email", (response) => void response.socket?.destroy());
    await world.raise("x");
    await deliver();
    const ledger = JSON.stringify(await world.sql("select * from backup.alert_deliveries"));
    const messages = world.receiver.received.map(({ body }) => body.toString()).join();
    for (const text of [ledger, messages]) {
      expect(text).not.toMatch(/t0ken|whsec_/);
      expect(text).not.toContain(WEBHOOK_KEY.toString("base64"));
      expect(text).not.toContain(world.receiver.url);
    }
  });
});
