import { describe, expect, it } from "vitest";
import { channelRequest } from "../../../../functions/_shared/alerts/channel_request.ts";
import type { AlertSettings } from "../../../../functions/_shared/config/parse_alert_config.ts";
import { sampleEvent } from "../../../support/sample_event.ts";

const AT = new Date("2026-01-04T02:00:00Z");
const CHANNELS: AlertSettings[] = [
  { channel: "webhook", url: "https://w.example.com/", secret: new Uint8Array(32) },
  { channel: "slack", url: "https://s.example.com/" },
  { channel: "discord", url: "https://d.example.com/" },
  { channel: "email", url: "https://e.example.com/", apiKey: "k", from: "a@b.c", to: ["a@b.c"] },
];

describe("channelRequest()", () => {
  it("channelRequest() speaks the language of each channel", () => {
    const keys = CHANNELS.map((settings) => Object.keys(JSON.parse(new TextDecoder().decode(channelRequest(settings, sampleEvent(), AT).body ?? undefined)) as object)[0]);
    expect(keys).toEqual(["type", "text", "content", "from"]);
  });

  it.each(["heartbeat_export", "heartbeat_verify"] as const)("channelRequest() pings %s with a bare GET", (channel) => {
    expect(channelRequest({ channel, url: "https://hc.example.com/1" }, { kind: "heartbeat", id: "x", at: AT }, AT)).toEqual({ url: "https://hc.example.com/1", method: "GET", headers: {}, body: null });
  });

  it("channelRequest() tells no channel of messages of a heartbeat", () => {
    for (const settings of CHANNELS) expect(() => channelRequest(settings, { kind: "heartbeat", id: "x", at: AT }, AT)).toThrow("heartbeat");
  });
});
