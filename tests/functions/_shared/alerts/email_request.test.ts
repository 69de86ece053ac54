import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emailRequest } from "../../../../functions/_shared/alerts/email_request.ts";
import { hostileEvent, sampleEvent } from "../../../support/sample_event.ts";

const DESTINATION = { url: "https://api.resend.com/emails", apiKey: "re_secret", from: "Backups <backups@example.com>", to: ["a@example.com", "b@example.com"] };
const payload = (...args: Parameters<typeof emailRequest>) => JSON.parse(new TextDecoder().decode(emailRequest(...args).body ?? undefined)) as { from: string; to: string[]; subject: string; text: string };

describe("emailRequest()", () => {
  it("emailRequest() posts sender, recipients, subject and text with the key, once per event", () => {
    const event = sampleEvent();
    expect(emailRequest(DESTINATION, event)).toMatchObject({
      url: DESTINATION.url, method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer re_secret", "idempotency-key": `holdfast-${event.id}` },
    });
    expect(payload(DESTINATION, event)).toEqual({
      from: DESTINATION.from, to: DESTINATION.to, subject: "Holdfast: CRITICAL export_failed in clinic",
      text: expect.stringMatching(/^Holdfast: CRITICAL export_failed in clinic\n\nexport failed: HF202 access denied\n\nFirst seen [^]+\n\ndocs\/alerts\.md#export_failed\n$/),
    });
  });

  it("emailRequest() keeps the subject to one short line and the key out of the body, whatever the alert says", () => {
    fc.assert(fc.property(hostileEvent, (event) => {
      const { subject, text } = payload(DESTINATION, event);
      expect([...subject].length).toBeLessThanOrEqual(150);
      expect(subject).not.toMatch(/\p{Cc}/u);
      expect(text).not.toMatch(/[^\P{Cc}\n]|\p{Cs}/u);
      expect(text).not.toContain("re_secret");
    }));
  });
});
