import { createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { HOSTED_LIMITS } from "../../../stack/functions/limits.ts";
import { alertEnv, WEBHOOK_KEY } from "../../support/alerts_world.ts";
import { type FunctionsBench, startFunctionsBench } from "../../support/e2e_bench.ts";
import { queryRows } from "../../support/query_rows.ts";
import { type ReceivedRequest, type Receiver, startReceiver } from "../../support/receiver.ts";
import { waitUntil } from "../../support/wait_until.ts";

describe("deliver-alerts in a project", () => {
  let receiver: Receiver;
  let bench: FunctionsBench;
  const log: string[] = [];
  beforeAll(async () => {
    receiver = await startReceiver();
    bench = await startFunctionsBench({ functionSecrets: alertEnv(receiver.url), onLog: (line) => void log.push(line) });
  });
  beforeEach(async () => {
    receiver.reset();
    await sql("delete from backup.alerts; delete from backup.alert_deliveries; delete from backup.tickets");
  });
  afterAll(async () => {
    await bench.stop();
    await receiver.stop();
  });

  const sql = (text: string, parameters?: unknown[]) => queryRows(bench.databaseUrl, text, parameters);
  const tick = () => sql("select backup.run_job('tick')");
  const stateOf = async (channel: string) => (await sql("select state, attempts, status_code, error from backup.alert_deliveries where channel = $1", [channel]))[0];
  const untilEnded = () => waitUntil(async () => (await sql("select from backup.alert_deliveries where channel is null or (state = 'pending' and (attempts = 0 or claim_id is not null))")).length === 0, 20_000);
  const arrived = (path: string): ReceivedRequest[] => receiver.received.filter((one) => one.path === path);
  function expectSigned({ headers, body }: ReceivedRequest): void {
    const signed = Buffer.concat([Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.`), body]);
    expect(headers["webhook-signature"]).toBe(`v1,${createHmac("sha256", WEBHOOK_KEY).update(signed).digest("base64")}`);
    expect(Math.abs(Date.now() / 1000 - Number(headers["webhook-timestamp"]))).toBeLessThan(60);
  }

  it("tick() has an alert told on every channel within a minute, signed, and its end as well", async () => {
    await sql("select backup.raise_alert('disk_full', 'critical', 'disk is <!channel> full')");
    await tick();
    await untilEnded();
    expect(receiver.received.map(({ path }) => path).sort()).toEqual(["/discord-t0ken?wait=true", "/email", "/slack-t0ken", "/webhook"]);
    for (const one of arrived("/webhook")) expectSigned(one);
    expect(JSON.parse(arrived("/webhook")[0]?.body.toString() ?? "")).toMatchObject({ type: "alert.raised", data: { project: "local", cause: "disk_full", severity: "critical", message: "disk is <!channel> full" } });
    expect(arrived("/slack-t0ken")[0]?.body.toString()).toContain("disk is &lt;!channel&gt; full");
    expect(arrived("/email")[0]?.headers["authorization"]).toBe("Bearer re_t0ken");
    await sql("select backup.resolve_alert('disk_full')");
    await tick();
    await untilEnded();
    expect(arrived("/webhook").map(({ body }) => (JSON.parse(body.toString()) as { type: string }).type)).toEqual(["alert.raised", "alert.resolved"]);
    expect(await sql("select distinct state, attempts from backup.alert_deliveries")).toEqual([{ state: "sent", attempts: 1 }]);
    const invocations = bench.stack.invocations().filter(({ slug }) => slug === "deliver-alerts");
    // The tick of the clock may send for one more.
    expect(invocations.length).toBeGreaterThanOrEqual(2);
    expect(new Set(invocations.map(({ outcome, status }) => `${outcome} ${status}`))).toEqual(new Set(["ok 202"]));
    expect(Math.max(...invocations.map(({ cpuMs }) => cpuMs))).toBeLessThan(HOSTED_LIMITS.cpuHardMs);
  }, 60_000);

  it("deliver-alerts tries again after an error, follows no redirect and records failures without a secret", async () => {
    receiver.answer("/webhook", { status: 500 });
    receiver.answer("/slack-t0ken", { status: 302, headers: { location: `${receiver.url}/stolen` } });
    receiver.answer("/discord-t0ken", (response) => void response.socket?.destroy());
    receiver.answer("/email", { status: 422, body: "re_t0ken" });
    await sql("select backup.raise_alert('disk_full', 'warning', 'm')");
    await tick();
    await untilEnded();
    expect(await stateOf("webhook")).toEqual({ state: "pending", attempts: 1, status_code: 500, error: "HTTP 500" });
    expect(await stateOf("slack")).toEqual({ state: "failed", attempts: 1, status_code: 302, error: "HTTP 302: redirects are not followed" });
    expect(await stateOf("discord")).toEqual({ state: "pending", attempts: 1, status_code: null, error: expect.stringMatching(/^no answer \(\w+\)$/) });
    expect(await stateOf("email")).toEqual({ state: "failed", attempts: 1, status_code: 422, error: "HTTP 422" });
    expect(arrived("/stolen")).toEqual([]);
    await sql("update backup.alert_deliveries set not_before = now() where state = 'pending'");
    await tick();
    // That other channels fail is an alert by now, and told where it can be. It arrives on them too, so what they refused is sent again.
    await waitUntil(async () => (await sql("select from backup.alert_deliveries where cause = 'disk_full' and state = 'sent'")).length === 4, 20_000);
    await waitUntil(() => arrived("/webhook").some(({ body }) => body.includes("alerts do not arrive: email: HTTP 422; slack: HTTP 302")), 20_000);
    for (const one of arrived("/webhook")) expectSigned(one);
    const [first, second, ...more] = arrived("/webhook").filter(({ body }) => body.includes("disk_full"));
    expect([second?.headers["webhook-id"], second?.body, more]).toEqual([first?.headers["webhook-id"], first?.body, []]);
  }, 60_000);

  it("tick() has a message sent again whose function was killed, with the id by which its receiver knows it", async () => {
    receiver.answer("/webhook", () => undefined);
    await sql("select backup.raise_alert('disk_full', 'warning', 'm')");
    await tick();
    await waitUntil(() => arrived("/webhook").length === 1, 20_000);
    expect(bench.stack.killIsolates("deliver-alerts")).toBe(1);
    expect(await stateOf("webhook")).toEqual({ state: "pending", attempts: 1, status_code: null, error: null });
    await tick();
    expect(arrived("/webhook")).toHaveLength(1);
    await sql("update backup.alert_deliveries set lease_until = now() where claim_id is not null");
    await tick();
    await waitUntil(async () => (await stateOf("webhook"))?.["state"] === "sent", 20_000);
    expect(arrived("/webhook").map(({ headers, body }) => `${headers["webhook-id"]} ${body.toString()}`)).toEqual(Array(2).fill(expect.stringContaining("alert.raised")));
    expect(new Set(arrived("/webhook").map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  }, 60_000);

  it("deliver-alerts tests every channel over HTTP, and no secret is in an answer, the ledger or a log", async () => {
    receiver.answer("/slack-t0ken", { status: 403, body: "t0ken" });
    const response = await fetch(`${bench.stack.functionsUrl}/deliver-alerts`, { method: "POST", headers: { apikey: bench.stack.secretKey, "content-type": "application/json" }, body: '{"action": "test"}' });
    const answer = await response.text();
    expect([response.status, JSON.parse(answer)]).toEqual([200, { channels: [
      { channel: "webhook", outcome: "sent", status_code: 200, error: null }, { channel: "slack", outcome: "failed", status_code: 403, error: "HTTP 403" },
      ...["discord", "email", "heartbeat_export", "heartbeat_verify"].map((channel) => ({ channel, outcome: "sent", status_code: 200, error: null })),
    ] }]);
    for (const one of arrived("/webhook")) expectSigned(one);
    const ledger = JSON.stringify(await sql("select * from backup.alert_deliveries"));
    for (const text of [answer, ledger, log.join()]) expect(text).not.toMatch(/t0ken|whsec_/);
  });
});
