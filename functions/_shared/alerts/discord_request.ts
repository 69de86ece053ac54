import type { DeliveryRequest } from "./delivery_event.ts";
import { describeEvent, type ToldEvent } from "./describe_event.ts";
import { plainText } from "./plain_text.ts";

/** What Discord takes, in UTF-16 units. */
const MAX_CONTENT = 2000;
/** Two lines are of any length; escaping doubles them at worst. */
const MAX_LINE = 350;
const SUPPRESS_EMBEDS = 4;

/** Every mark of Discord's Markdown, and what begins a mention. */
const escape = (text: string): string => text.replaceAll(/[\\*_~`|<>#()[\]:@-]/g, String.raw`\$&`);

/** Neither half a character nor half an escape is left at the end. */
const cut = (text: string): string => (text.length <= MAX_CONTENT ? text : `${text.slice(0, MAX_CONTENT - 1).replace(/[\ud800-\udbff\\]$/, "")}…`);

/** A POST to a webhook of Discord. Nobody is mentioned whatever the text holds. */
export function discordRequest(destination: { url: string }, event: ToldEvent): DeliveryRequest {
  const { title, lines } = describeEvent(event);
  const content = [title, ...lines].map((line) => escape(plainText(line, MAX_LINE))).join("\n");
  const url = new URL(destination.url);
  // Without it the answer comes before the message is stored, and an error later is nobody's.
  url.searchParams.set("wait", "true");
  return {
    url: url.href, method: "POST", headers: { "content-type": "application/json" },
    body: new TextEncoder().encode(JSON.stringify({ content: cut(content), allowed_mentions: { parse: [] }, flags: SUPPRESS_EMBEDS })),
  };
}
