import { z } from "zod";
import { deliverAlerts } from "../_shared/alerts/deliver_alerts.ts";
import type { DeliveryRequest } from "../_shared/alerts/delivery_event.ts";
import { DeliveryLedger } from "../_shared/alerts/delivery_ledger.ts";
import type { SendOutcome } from "../_shared/alerts/send_request.ts";
import { testChannels } from "../_shared/alerts/test_channels.ts";
import type { ConfiguredChannel } from "../_shared/config/parse_alert_config.ts";
import { authorize, ticketClaimer } from "../_shared/http/authorize.ts";
import { runInBackground } from "../_shared/http/background.ts";
import { checkMethod } from "../_shared/http/check_method.ts";
import type { Handler } from "../_shared/http/edge_function.ts";
import { parseInput } from "../_shared/http/read_json.ts";
import { respondError, respondJson } from "../_shared/http/respond.ts";
import type { WithDatabase } from "../_shared/http/with_database.ts";

export interface DeliverAlertsHandlerDeps {
  secretKeys: readonly string[];
  withDatabase: WithDatabase;
  channels: readonly ConfiguredChannel[];
  send(request: DeliveryRequest): Promise<SendOutcome>;
  now: () => number;
  log?: (line: string) => void;
}

const FUNCTION_NAME = "deliver-alerts";
/** What is claimed at the last moment still ends within the wall clock of a function. */
const DELIVERY_MS = 60_000;
const bodySchema = z.strictObject({ action: z.enum(["deliver", "test"]).default("deliver") });

/**
 * POST answers 202 and sends what is due after the response. POST {"action": "test"} sends a test message to every configured
 * channel and answers 200 with what came of each.
 */
export function createHandler(deps: DeliverAlertsHandlerDeps): Handler {
  const log = deps.log ?? ((line: string) => console.error(line));
  return async (request) => {
    try {
      checkMethod(request, ["POST"]);
      const outcomes = await deps.withDatabase(async (database) => {
        const caller = await authorize(request, { claimTicket: ticketClaimer(database), secretKeys: deps.secretKeys }, FUNCTION_NAME);
        if (parseInput(bodySchema, caller.body ?? {}).action === "deliver") return null;
        const ledger = new DeliveryLedger(database);
        const tested = await testChannels({ channels: deps.channels, project: await ledger.project(), send: (one) => deps.send(one) });
        await ledger.recordTest(tested);
        return tested;
      });
      for (const channel of deps.channels) if ("problem" in channel) log(`${channel.problem.code}: ${channel.problem.message}`);
      if (outcomes !== null) return respondJson(200, { channels: outcomes });
      // A session of its own: the work outlives the request that started it.
      const work = deps.withDatabase((database) =>
        deliverAlerts({ database, channels: deps.channels, send: (one) => deps.send(one), until: deps.now() + DELIVERY_MS, now: deps.now }));
      runInBackground(work, log).catch(() => undefined);
      return respondJson(202, { state: "delivering" });
    } catch (error) {
      return respondError(error, log);
    }
  };
}
