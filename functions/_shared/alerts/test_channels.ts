import { CHANNEL_NAMES, type ChannelName, type ConfiguredChannel } from "../config/parse_alert_config.ts";
import { channelRequest } from "./channel_request.ts";
import type { DeliveryEvent, DeliveryRequest } from "./delivery_event.ts";
import type { SendOutcome } from "./send_request.ts";

/** What a test says of one channel; an answer of deliver-alerts and of the command. */
export interface TestOutcome {
  readonly channel: ChannelName;
  readonly outcome: "sent" | "failed" | "not_configured";
  readonly status_code: number | null;
  readonly error: string | null;
}

export interface TestChannelsOptions {
  readonly channels: readonly ConfiguredChannel[];
  readonly project: string;
  readonly send: (request: DeliveryRequest) => Promise<SendOutcome>;
}

/** Sends a test message to every configured channel, once and at the same time, and pings the heartbeats. One line per channel there is. */
export async function testChannels({ channels, project, send }: TestChannelsOptions): Promise<TestOutcome[]> {
  const event: DeliveryEvent = { kind: "test", id: crypto.randomUUID(), at: new Date(), project };
  return await Promise.all(CHANNEL_NAMES.map(async (channel): Promise<TestOutcome> => {
    const settings = channels.find((one) => one.channel === channel);
    if (settings === undefined) return { channel, outcome: "not_configured", status_code: null, error: null };
    if ("problem" in settings) return { channel, outcome: "failed", status_code: null, error: settings.problem.message };
    const result = await send(channelRequest(settings, event, new Date()));
    return result.sent
      ? { channel, outcome: "sent", status_code: result.status, error: null }
      : { channel, outcome: "failed", status_code: result.status, error: result.error };
  }));
}
