import fc from "fast-check";
import type { AlertContent, DeliveryEvent } from "../../functions/_shared/alerts/delivery_event.ts";

type AlertEvent = Extract<DeliveryEvent, { kind: "alert" }>;

const CONTENT: AlertContent = {
  project: "clinic", cause: "export_failed", severity: "critical", message: "export failed: HF202 access denied", occurrences: 3,
  first_seen: "2026-01-04T01:00:00Z", last_seen: "2026-01-04T03:00:00Z", resolved_at: null, opened_last_day: 1,
};

/** An alert as the ledger tells of it. */
export function sampleEvent(content: Partial<AlertContent> = {}, event: AlertEvent["event"] = "raised"): AlertEvent {
  return { kind: "alert", event, id: "6f0d3a52-3b5e-4a55-9a5e-000000000001", at: new Date("2026-01-04T01:00:30Z"), content: { ...CONTENT, ...content } };
}

/** Text made to break what it is put into: marks, mentions, control characters, halves of characters, and a lot of it. */
export const hostileText: fc.Arbitrary<string> = fc
  .array(fc.oneof(
    fc.constantFrom("@everyone", "@here", "<!channel>", "<!everyone>", "<@123>", "<@&5>", "<#7>", "<https://evil.example|click>", "[x](https://evil.example)", "```", "**", "||", "\\", "\r\n", "\u0000", "\u001b[31m", "\u202e", "\u200b", "\ud83d", "😀", "&lt;"),
    fc.string({ unit: "binary", maxLength: 60 }),
  ), { maxLength: 60 })
  .map((parts) => parts.join(""));

/** An alert of which every text is hostile. */
export const hostileEvent: fc.Arbitrary<AlertEvent> = fc
  .record({ project: hostileText, cause: hostileText, message: hostileText, event: fc.constantFrom("raised", "escalated", "reminder", "resolved"), occurrences: fc.nat(), opened_last_day: fc.nat() })
  .map(({ event, ...content }) => sampleEvent(content, event));
