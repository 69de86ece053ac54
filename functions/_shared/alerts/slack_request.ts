import type { DeliveryRequest } from "./delivery_event.ts";
import { describeEvent, type ToldEvent } from "./describe_event.ts";

/** These three are all that Slack gives a meaning to when marks are off; a mention is written with the first. */
const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** A POST to an incoming webhook of Slack. Text is shown as it is: no marks, no mentions, no previews of links. */
export function slackRequest(destination: { url: string }, event: ToldEvent): DeliveryRequest {
  const { title, lines } = describeEvent(event);
  const text = [title, ...lines].map(escape).join("\n");
  return {
    url: destination.url, method: "POST", headers: { "content-type": "application/json" },
    body: new TextEncoder().encode(JSON.stringify({ text, mrkdwn: false, parse: "none", link_names: false, unfurl_links: false, unfurl_media: false })),
  };
}
