import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALERT_GUIDE } from "../../../../functions/_shared/alerts/alert_guide.ts";
import { describeEvent } from "../../../../functions/_shared/alerts/describe_event.ts";
import { hostileEvent, sampleEvent } from "../../../support/sample_event.ts";

describe("describeEvent()", () => {
  it("describeEvent() says what is wrong, where, since when and what to do", () => {
    expect(describeEvent(sampleEvent())).toEqual({
      title: "Holdfast: CRITICAL export_failed in clinic",
      lines: ["export failed: HF202 access denied", "First seen 2026-01-04T01:00:00Z, 3 times.", `What to do: ${ALERT_GUIDE["export_failed"]}`, "docs/alerts.md#export_failed"],
    });
  });

  it.each([["escalated", "Holdfast: now CRITICAL export_failed in clinic"], ["reminder", "Holdfast: still CRITICAL export_failed in clinic"]] as const)(
    "describeEvent() tells %s from raised", (event, title) => expect(describeEvent(sampleEvent({}, event)).title).toBe(title));

  it("describeEvent() says when it was over, and asks for nothing then", () => {
    expect(describeEvent(sampleEvent({ resolved_at: "2026-01-04T05:00:00Z", occurrences: 1, opened_last_day: 3 }, "resolved"))).toEqual({
      title: "Holdfast: resolved export_failed in clinic",
      lines: ["export failed: HF202 access denied", "First seen 2026-01-04T01:00:00Z, resolved 2026-01-04T05:00:00Z. It came back 2 times within a day.", "docs/alerts.md#export_failed"],
    });
  });

  it("describeEvent() says of a test that it is one", () => {
    expect(describeEvent({ kind: "test", id: "x", at: new Date(), project: "clinic" }).title).toBe("Holdfast: test message of clinic");
  });

  it("describeEvent() makes short single lines of anything", () => {
    fc.assert(fc.property(hostileEvent, (event) => {
      const { title, lines } = describeEvent(event);
      for (const line of [title, ...lines]) {
        expect(line).not.toMatch(/[\p{Cc}\p{Cs}]/u);
        expect([...line].length).toBeLessThanOrEqual(600);
      }
    }));
  });
});
