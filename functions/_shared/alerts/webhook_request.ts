import { ALERT_GUIDE, alertDocs } from "./alert_guide.ts";
import type { DeliveryRequest } from "./delivery_event.ts";
import type { ToldEvent } from "./describe_event.ts";
import { signWebhook } from "./sign_webhook.ts";

/** A signed POST to a receiver of one's own. The body is the same at every attempt; only the signed time differs. */
export function webhookRequest(destination: { url: string; secret: Uint8Array }, event: ToldEvent, sentAt: Date): DeliveryRequest {
  const body = new TextEncoder().encode(JSON.stringify(payloadOf(event)));
  return {
    url: destination.url, method: "POST", body,
    headers: { "content-type": "application/json", ...signWebhook(destination.secret, event.id, sentAt, body) },
  };
}

function payloadOf(event: ToldEvent): unknown {
  const timestamp = event.at.toISOString();
  if (event.kind === "test") return { type: "test", timestamp, data: { project: event.project } };
  const { cause } = event.content;
  const whatToDo = Object.hasOwn(ALERT_GUIDE, cause) ? ALERT_GUIDE[cause] : null;
  return { type: `alert.${event.event}`, timestamp, data: { ...event.content, what_to_do: whatToDo, docs: alertDocs(cause) } };
}
