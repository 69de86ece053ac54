import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { discordRequest } from "../../../../functions/_shared/alerts/discord_request.ts";
import { hostileEvent, sampleEvent } from "../../../support/sample_event.ts";

const DESTINATION = { url: "https://discord.com/api/webhooks/1/x?thread_id=5" };
const payload = (...args: Parameters<typeof discordRequest>) => JSON.parse(new TextDecoder().decode(discordRequest(...args).body ?? undefined)) as Record<string, unknown> & { content: string };

describe("discordRequest()", () => {
  it("discordRequest() waits for the message to be stored, allows no mention and no preview", () => {
    expect(discordRequest(DESTINATION, sampleEvent())).toMatchObject({ url: "https://discord.com/api/webhooks/1/x?thread_id=5&wait=true", method: "POST", headers: { "content-type": "application/json" } });
    const { content, ...rest } = payload(DESTINATION, sampleEvent());
    expect(rest).toEqual({ allowed_mentions: { parse: [] }, flags: 4 });
    expect(content.replaceAll("\\", "")).toMatch(/^Holdfast: CRITICAL export_failed in clinic\nexport failed: HF202 access denied\nFirst seen /);
  });

  it("discordRequest() shows marks and mentions as the text they are", () => {
    expect(payload(DESTINATION, sampleEvent({ message: "@everyone **x** <@1> [a](b)" })).content).toContain(String.raw`
\@everyone \*\*x\*\* \<\@1\> \[a\]\(b\)
`);
  });

  it("discordRequest() lets no mark through and keeps to 2000 characters, whatever the alert says", () => {
    fc.assert(fc.property(hostileEvent, (event) => {
      const { content } = payload(DESTINATION, event);
      expect(content.length).toBeLessThanOrEqual(2000);
      expect(content.replaceAll(/\\[\\*_~`|<>#()[\]:@-]/g, "")).not.toMatch(/[\\*_~`|<>#()[\]:@-]/);
      expect(content).not.toMatch(/[^\P{Cc}\n]|\p{Cs}/u);
    }), { numRuns: 300 });
  });

  it("discordRequest() cuts the longest message at its end, not within an escape", () => {
    for (let extra = 0; extra < 4; extra++) {
      const { content } = payload(DESTINATION, sampleEvent({ project: "*".repeat(500), cause: `${"a".repeat(extra)}${"*".repeat(500)}`, message: "😀*".repeat(900), first_seen: "*".repeat(300) }));
      expect(content.length).toBeLessThanOrEqual(2000);
      expect(content.replaceAll(/\\[\\*_~`|<>#()[\]:@-]/g, "")).not.toMatch(/\\|\p{Cs}/u);
    }
  });
});
