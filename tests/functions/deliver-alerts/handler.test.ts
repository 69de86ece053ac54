import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sendRequest } from "../../../functions/_shared/alerts/send_request.ts";
import { parseAlertConfig } from "../../../functions/_shared/config/parse_alert_config.ts";
import { withClient } from "../../../functions/_shared/database/connect.ts";
import { createHandler } from "../../../functions/deliver-alerts/handler.ts";
import { type AlertsWorld, createAlertsWorld } from "../../support/alerts_world.ts";
import { waitUntil } from "../../support/wait_until.ts";

const KEY = "sb_secret_test";
let world: AlertsWorld;
const logged: string[] = [];
beforeAll(async () => void (world = await createAlertsWorld()));
beforeEach(async () => {
  logged.length = 0;
  await world.reset();
});
afterAll(() => world.close());

const call = (init: RequestInit, env: Record<string, string> = world.env) => createHandler({
  secretKeys: [KEY], withDatabase: (task) => withClient(world.database.url, { applicationName: "holdfast test" }, task),
  channels: parseAlertConfig(env), send: (request) => sendRequest(request), now: () => performance.now(), log: (line) => void logged.push(line),
})(new Request("http://localhost/deliver-alerts", { method: "POST", headers: { apikey: KEY }, ...init }));
const post = (body: unknown, env?: Record<string, string>) => call({ body: JSON.stringify(body), headers: { apikey: KEY, "content-type": "application/json" } }, env);

describe("deliver-alerts", () => {
  it("createHandler() delivers for a ticket, as the tick sends it, after the response", async () => {
    await world.raise("x");
    await world.sql("select backup.dispatch_deliveries()");
    const [ticket] = await world.sql<{ ticket_id: string }>("select ticket_id from backup.tickets where function_name = 'deliver-alerts'");
    const response = await call({ headers: { "x-holdfast-ticket": ticket?.ticket_id ?? "" } });
    expect([response.status, await response.json()]).toEqual([202, { state: "delivering" }]);
    await waitUntil(async () => (await world.log()).every(([, , state]) => state === "sent"));
    expect(world.receiver.received).toHaveLength(4);
  });

  it("createHandler() delivers for a secret key that asks for nothing else", async () => {
    await world.raise("x");
    expect((await post({})).status).toBe(202);
    await waitUntil(async () => (await world.log()).every(([, , state]) => state === "sent"));
  });

  it("createHandler() tests every channel, answers without a secret and records it", async () => {
    world.receiver.answer("/slack-t0ken", { status: 403, body: "invalid_token t0ken" });
    const { HOLDFAST_ALERT_DISCORD_URL: _, ...env } = world.env;
    const response = await post({ action: "test" }, env);
    const text = await response.text();
    expect([response.status, JSON.parse(text)]).toEqual([200, { channels: [
      { channel: "webhook", outcome: "sent", status_code: 200, error: null },
      { channel: "slack", outcome: "failed", status_code: 403, error: "HTTP 403" },
      { channel: "discord", outcome: "not_configured", status_code: null, error: null },
      { channel: "email", outcome: "sent", status_code: 200, error: null },
      { channel: "heartbeat_export", outcome: "sent", status_code: 200, error: null },
      { channel: "heartbeat_verify", outcome: "sent", status_code: 200, error: null },
    ] }]);
    expect(text).not.toContain("t0ken");
    expect((await world.log()).filter(([, event]) => event === "test").map(([channel, , state]) => `${channel} ${state}`).sort())
      .toEqual(["email sent", "heartbeat_export sent", "heartbeat_verify sent", "slack failed", "webhook sent"]);
    expect(world.receiver.received.find(({ path }) => path === "/email")?.body.toString()).toContain("test message of clinic");
  });

  it("createHandler() logs a variable that is wrong by its name", async () => {
    await post({ action: "test" }, { HOLDFAST_ALERT_SLACK_URL: "http://t0ken.example" });
    expect(logged).toEqual([expect.stringMatching(/^HF102: HOLDFAST_ALERT_SLACK_URL must be/)]);
    expect(logged.join()).not.toContain("t0ken");
  });

  it("createHandler() takes no strangers, other methods or other bodies", async () => {
    expect((await call({ headers: {} })).status).toBe(401);
    expect((await call({ method: "GET" })).status).toBe(405);
    expect((await post({ action: "shout" })).status).toBe(422);
    expect((await post({ channels: [] })).status).toBe(422);
    expect(world.receiver.received).toEqual([]);
  });
});
