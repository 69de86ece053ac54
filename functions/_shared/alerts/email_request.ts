import type { DeliveryRequest } from "./delivery_event.ts";
import { describeEvent, type ToldEvent } from "./describe_event.ts";
import { plainText } from "./plain_text.ts";

const MAX_SUBJECT = 150;

/** A POST to an HTTP API for e-mail, as Resend's. The idempotency key keeps a repeated attempt from becoming a second e-mail. */
export function emailRequest(destination: { url: string; apiKey: string; from: string; to: readonly string[] }, event: ToldEvent): DeliveryRequest {
  const { title, lines } = describeEvent(event);
  return {
    url: destination.url, method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${destination.apiKey}`, "idempotency-key": `holdfast-${event.id}` },
    body: new TextEncoder().encode(JSON.stringify({ from: destination.from, to: destination.to, subject: plainText(title, MAX_SUBJECT), text: `${[title, ...lines].join("\n\n")}\n` })),
  };
}
