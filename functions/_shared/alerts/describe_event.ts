import { ALERT_GUIDE, alertDocs } from "./alert_guide.ts";
import type { AlertContent, DeliveryEvent } from "./delivery_event.ts";
import { plainText } from "./plain_text.ts";

/** An event in words, not yet escaped for anything. Every line is one line of visible text. */
export interface EventText {
  readonly title: string;
  readonly lines: readonly string[];
}

const MAX_NAME = 80;
const MAX_MESSAGE = 600;

export type ToldEvent = Exclude<DeliveryEvent, { kind: "heartbeat" }>;

export function describeEvent(event: ToldEvent): EventText {
  if (event.kind === "test") {
    return {
      title: `Holdfast: test message of ${plainText(event.project, MAX_NAME)}`,
      lines: ["Somebody asked for it. Alerts of this project arrive here.", "docs/alerts.md"],
    };
  }
  const { content } = event;
  const cause = plainText(content.cause, MAX_NAME);
  const guide = Object.hasOwn(ALERT_GUIDE, content.cause) ? ALERT_GUIDE[content.cause] : undefined;
  return {
    title: `Holdfast: ${headOf(event.event, content.severity)} ${cause} in ${plainText(content.project, MAX_NAME)}`,
    lines: [
      plainText(content.message, MAX_MESSAGE),
      timesOf(content),
      ...(event.event === "resolved" || guide === undefined ? [] : [`What to do: ${guide}`]),
      alertDocs(content.cause),
    ],
  };
}

function headOf(event: "raised" | "escalated" | "reminder" | "resolved", severity: "warning" | "critical"): string {
  const word = severity.toUpperCase();
  return { raised: word, escalated: `now ${word}`, reminder: `still ${word}`, resolved: "resolved" }[event];
}

function timesOf({ first_seen, resolved_at, occurrences, opened_last_day }: AlertContent): string {
  const seen = `First seen ${plainText(first_seen, MAX_NAME)}${occurrences > 1 ? `, ${occurrences} times` : ""}`;
  const ended = resolved_at === null ? "" : `, resolved ${plainText(resolved_at, MAX_NAME)}`;
  return `${seen}${ended}.${opened_last_day > 1 ? ` It came back ${opened_last_day - 1} times within a day.` : ""}`;
}
