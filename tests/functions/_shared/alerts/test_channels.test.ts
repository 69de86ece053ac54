import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sendRequest } from "../../../../functions/_shared/alerts/send_request.ts";
import { testChannels } from "../../../../functions/_shared/alerts/test_channels.ts";
import { parseAlertConfig } from "../../../../functions/_shared/config/parse_alert_config.ts";
import { alertEnv } from "../../../support/alerts_world.ts";
import { type Receiver, startReceiver } from "../../../support/receiver.ts";

let receiver: Receiver;
beforeAll(async () => void (receiver = await startReceiver()));
afterAll(() => receiver.stop());

describe("testChannels()", () => {
  it("testChannels() sends one message to each channel and says what came of it, without a secret", async () => {
    const { HOLDFAST_HEARTBEAT_VERIFY_URL: _, ...env } = alertEnv(receiver.url);
    receiver.answer("/discord-t0ken", { status: 404, body: "Unknown Webhook" });
    const outcomes = await testChannels({ channels: parseAlertConfig({ ...env, HOLDFAST_ALERT_SLACK_URL: "http://t0ken" }), project: "clinic", send: (request) => sendRequest(request) });
    expect(outcomes).toEqual([
      { channel: "webhook", outcome: "sent", status_code: 200, error: null },
      { channel: "slack", outcome: "failed", status_code: null, error: expect.stringMatching(/^HOLDFAST_ALERT_SLACK_URL must be/) },
      { channel: "discord", outcome: "failed", status_code: 404, error: "HTTP 404" },
      { channel: "email", outcome: "sent", status_code: 200, error: null },
      { channel: "heartbeat_export", outcome: "sent", status_code: 200, error: null },
      { channel: "heartbeat_verify", outcome: "not_configured", status_code: null, error: null },
    ]);
    expect(receiver.received.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(["GET /ping-export-t0ken", "POST /discord-t0ken?wait=true", "POST /email", "POST /webhook"]);
    expect(receiver.received.find(({ path }) => path === "/email")?.body.toString()).toContain("test message of clinic");
    expect(JSON.stringify(outcomes)).not.toContain("t0ken");
  });
});
