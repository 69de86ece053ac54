import type { ConfiguredChannel } from "../config/parse_alert_config.ts";
import type { Queryable } from "../database/queryable.ts";
import { channelRequest } from "./channel_request.ts";
import { type DeliveryClaim, DeliveryLedger } from "./delivery_ledger.ts";
import type { DeliveryRequest } from "./delivery_event.ts";
import type { SendOutcome } from "./send_request.ts";

export interface DeliverAlertsOptions {
  readonly database: Queryable;
  readonly channels: readonly ConfiguredChannel[];
  readonly send: (request: DeliveryRequest) => Promise<SendOutcome>;
  /** No message is claimed after this time of `now`. */
  readonly until: number;
  readonly now: () => number;
}

export interface DeliveryReport {
  sent: number;
  /** Attempts that did not arrive, whether or not there will be another. */
  failed: number;
}

/** So few that they end within a lease although each of them waits for its timeout. */
const BATCH = 5;

/**
 * Sends what is due until nothing is, or time is up; the next tick sends for another function then. Channels are served side by
 * side, the messages of one in turn: receivers limit how fast one may call, and expect them in order.
 */
export async function deliverAlerts({ database, channels, send, until, now }: DeliverAlertsOptions): Promise<DeliveryReport> {
  const ledger = new DeliveryLedger(database);
  const names = channels.map(({ channel }) => channel);
  const report: DeliveryReport = { sent: 0, failed: 0 };
  // One session takes one statement at a time.
  let reported: Promise<void> = Promise.resolve();

  async function deliver(claim: DeliveryClaim): Promise<void> {
    const outcome = await attempt(channels, claim, send);
    report[outcome.sent ? "sent" : "failed"] += 1;
    reported = reported.then(() => ledger.report(claim, outcome));
    await reported;
  }
  do {
    const claims = await ledger.claim(names, BATCH);
    if (claims.length === 0) return report;
    await Promise.all(names.map(async (name) => {
      for (const claim of claims) if (claim.channel === name) await deliver(claim);
    }));
  } while (now() < until);
  return report;
}

async function attempt(channels: readonly ConfiguredChannel[], { channel, event }: DeliveryClaim, send: DeliverAlertsOptions["send"]): Promise<SendOutcome> {
  const settings = channels.find((one) => one.channel === channel);
  if (settings === undefined || "problem" in settings) {
    return { sent: false, status: null, error: settings?.problem.message ?? "channel is not configured", final: true, retryAfterSeconds: null };
  }
  return await send(channelRequest(settings, event, new Date()));
}
