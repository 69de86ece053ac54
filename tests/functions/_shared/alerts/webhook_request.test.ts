import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALERT_GUIDE } from "../../../../functions/_shared/alerts/alert_guide.ts";
import { webhookRequest } from "../../../../functions/_shared/alerts/webhook_request.ts";
import { hostileEvent, sampleEvent } from "../../../support/sample_event.ts";

const DESTINATION = { url: "https://hooks.example.com/holdfast", secret: new Uint8Array(32).fill(7) };
const AT = new Date("2026-01-04T02:00:00Z");
const json = (body: Uint8Array | null): unknown => JSON.parse(new TextDecoder().decode(body ?? new Uint8Array()));

describe("webhookRequest()", () => {
  it("webhookRequest() sends what the ledger keeps, what to do and where to read on", () => {
    const event = sampleEvent({}, "escalated");
    const { url, method, headers, body } = webhookRequest(DESTINATION, event, AT);
    expect({ url, method, type: headers["content-type"], id: headers["webhook-id"], at: headers["webhook-timestamp"] })
      .toEqual({ url: DESTINATION.url, method: "POST", type: "application/json", id: event.id, at: String(AT.getTime() / 1000) });
    expect(json(body)).toEqual({
      type: "alert.escalated", timestamp: "2026-01-04T01:00:30.000Z",
      data: { ...event.content, what_to_do: ALERT_GUIDE["export_failed"], docs: "docs/alerts.md#export_failed" },
    });
    expect(json(webhookRequest(DESTINATION, { kind: "test", id: "x", at: AT, project: "p" }, AT).body)).toEqual({ type: "test", timestamp: AT.toISOString(), data: { project: "p" } });
  });

  it("webhookRequest() sends the same bytes at every attempt, signed anew, so that an old one can be refused", () => {
    const [first, second] = [AT, new Date(AT.getTime() + 60_000)].map((at) => webhookRequest(DESTINATION, sampleEvent(), at));
    expect(second?.body).toEqual(first?.body);
    expect(second?.headers["webhook-signature"]).not.toBe(first?.headers["webhook-signature"]);
    expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
  });

  it("webhookRequest() signs exactly what it sends, whatever the alert says", () => {
    fc.assert(fc.property(hostileEvent, (event) => {
      const { headers, body } = webhookRequest(DESTINATION, event, AT);
      const signed = Buffer.concat([Buffer.from(`${event.id}.${AT.getTime() / 1000}.`), body ?? Buffer.of()]);
      expect(headers["webhook-signature"]).toBe(`v1,${createHmac("sha256", DESTINATION.secret).update(signed).digest("base64")}`);
      expect(json(body)).toMatchObject({ type: `alert.${event.event}` });
    }));
  });
});
