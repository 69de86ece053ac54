import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { slackRequest } from "../../../../functions/_shared/alerts/slack_request.ts";
import { hostileEvent, sampleEvent } from "../../../support/sample_event.ts";

const DESTINATION = { url: "https://hooks.slack.com/services/T/B/x" };
const payload = (...args: Parameters<typeof slackRequest>) => JSON.parse(new TextDecoder().decode(slackRequest(...args).body ?? undefined)) as Record<string, unknown> & { text: string };

describe("slackRequest()", () => {
  it("slackRequest() posts title and lines as text without marks, mentions and previews", () => {
    expect(slackRequest(DESTINATION, sampleEvent())).toMatchObject({ url: DESTINATION.url, method: "POST", headers: { "content-type": "application/json" } });
    const { text, ...rest } = payload(DESTINATION, sampleEvent());
    expect(rest).toEqual({ mrkdwn: false, parse: "none", link_names: false, unfurl_links: false, unfurl_media: false });
    expect(text).toMatch(/^Holdfast: CRITICAL export_failed in clinic\nexport failed: HF202 access denied\nFirst seen /);
  });

  it("slackRequest() shows a mention as the text it is", () => {
    expect(payload(DESTINATION, sampleEvent({ message: "<!channel> a & b <https://x|y>" })).text).toContain("\n&lt;!channel&gt; a &amp; b &lt;https://x|y&gt;\n");
  });

  it("slackRequest() lets nothing through that Slack acts on, and stays short, whatever the alert says", () => {
    fc.assert(fc.property(hostileEvent, (event) => {
      const { text } = payload(DESTINATION, event);
      expect(text).not.toMatch(/[<>]|&(?!(?:amp|lt|gt);)/);
      expect(text).not.toMatch(/[^\P{Cc}\n]/u);
      expect(text.length).toBeLessThan(12_000);
    }));
  });
});
