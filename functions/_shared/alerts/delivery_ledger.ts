import { z } from "zod";
import type { ChannelName } from "../config/parse_alert_config.ts";
import { callLedger } from "../database/call_ledger.ts";
import type { Queryable } from "../database/queryable.ts";
import { alertContent, type DeliveryEvent } from "./delivery_event.ts";
import type { SendOutcome } from "./send_request.ts";
import type { TestOutcome } from "./test_channels.ts";

const claimRow = z.object({
  delivery_id: z.coerce.string(),
  claim_id: z.string(),
  event_id: z.string(),
  event: z.enum(["raised", "escalated", "reminder", "resolved", "heartbeat"]),
  channel: z.string(),
  queued_at: z.date(),
  content: z.unknown(),
});

/** A message this process may send. */
export interface DeliveryClaim {
  readonly deliveryId: string;
  readonly claimId: string;
  readonly channel: string;
  readonly event: DeliveryEvent;
}

/** The part of the ledger that delivery asks and tells. */
export class DeliveryLedger {
  readonly #database: Queryable;

  constructor(database: Queryable) {
    this.#database = database;
  }

  async project(): Promise<string> {
    return z.object({ project: z.string() }).parse((await callLedger(this.#database, "select s.project_ref as project from backup.settings s"))[0]).project;
  }

  /** Messages that are due on these channels, oldest first. Says to the ledger, by the way, which channels there are. */
  async claim(channels: readonly ChannelName[], limit: number): Promise<DeliveryClaim[]> {
    const rows = await callLedger(this.#database, "select delivery_id, claim_id, event_id, event, channel, queued_at, content from backup.claim_deliveries($1, $2) order by queued_at, delivery_id", [channels, limit]);
    return z.array(claimRow).parse(rows).map((row) => {
      const { delivery_id: deliveryId, claim_id: claimId, event_id: id, queued_at: at, event, channel } = row;
      const told: DeliveryEvent = event === "heartbeat" ? { kind: "heartbeat", id, at } : { kind: "alert", event, id, at, content: alertContent.parse(row.content) };
      return { deliveryId, claimId, channel, event: told };
    });
  }

  /** Does nothing when the claim was lost: whoever holds it reports. */
  async report({ deliveryId, claimId }: DeliveryClaim, outcome: SendOutcome): Promise<void> {
    if (outcome.sent) await callLedger(this.#database, "select backup.complete_delivery($1, $2, $3)", [deliveryId, claimId, outcome.status]);
    else {
      await callLedger(this.#database, "select backup.fail_delivery($1, $2, $3, $4, $5, make_interval(secs => $6))",
        [deliveryId, claimId, outcome.status, outcome.error, outcome.final, outcome.retryAfterSeconds]);
    }
  }

  /** Channels that are not configured leave no trace. */
  async recordTest(outcomes: readonly TestOutcome[]): Promise<void> {
    const tried = outcomes.filter(({ outcome }) => outcome !== "not_configured")
      .map(({ channel, outcome, status_code, error }) => ({ channel, sent: outcome === "sent", status_code, error }));
    await callLedger(this.#database, "select backup.record_alert_test($1)", [JSON.stringify(tried)]);
  }
}
