import type { AlertSettings } from "../config/parse_alert_config.ts";
import type { DeliveryEvent, DeliveryRequest } from "./delivery_event.ts";
import type { ToldEvent } from "./describe_event.ts";
import { discordRequest } from "./discord_request.ts";
import { emailRequest } from "./email_request.ts";
import { slackRequest } from "./slack_request.ts";
import { webhookRequest } from "./webhook_request.ts";

/**
 * The request that tells a channel of an event. A heartbeat is a bare GET, which every such service takes; that it came is all
 * it says, so its channels take any event.
 */
export function channelRequest(settings: AlertSettings, event: DeliveryEvent, sentAt: Date): DeliveryRequest {
  switch (settings.channel) {
    case "heartbeat_export":
    case "heartbeat_verify":
      return { url: settings.url, method: "GET", headers: {}, body: null };
    case "webhook":
      return webhookRequest(settings, told(event), sentAt);
    case "slack":
      return slackRequest(settings, told(event));
    case "discord":
      return discordRequest(settings, told(event));
    case "email":
      return emailRequest(settings, told(event));
  }
}

function told(event: DeliveryEvent): ToldEvent {
  if (event.kind === "heartbeat") throw new Error("A heartbeat was queued for a channel of messages");
  return event;
}
