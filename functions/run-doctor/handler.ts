import { z } from "zod";
import type { Queryable } from "../_shared/database/queryable.ts";
import type { InsideReport } from "../_shared/doctor/look_from_inside.ts";
import { authorize, ticketClaimer } from "../_shared/http/authorize.ts";
import { checkMethod } from "../_shared/http/check_method.ts";
import type { Handler } from "../_shared/http/edge_function.ts";
import { parseInput } from "../_shared/http/read_json.ts";
import { respondError, respondJson } from "../_shared/http/respond.ts";
import type { WithDatabase } from "../_shared/http/with_database.ts";

export interface RunDoctorHandlerDeps {
  secretKeys: readonly string[];
  withDatabase: WithDatabase;
  /** Looks at the set-up from inside the function. */
  look(database: Queryable): Promise<InsideReport>;
  log?: (line: string) => void;
}

const bodySchema = z.strictObject({ action: z.enum(["look", "ping"]).default("look") });

/**
 * POST answers 200 with what the set-up looks like from inside a function. {"action": "ping"} does nothing: that its ticket is
 * claimed shows that pg_net, the gateway, the function and its database work together.
 */
export function createHandler(deps: RunDoctorHandlerDeps): Handler {
  return async (request) => {
    try {
      checkMethod(request, ["POST"]);
      return await deps.withDatabase(async (database) => {
        const caller = await authorize(request, { claimTicket: ticketClaimer(database), secretKeys: deps.secretKeys }, "run-doctor");
        const { action } = parseInput(bodySchema, caller.body ?? {});
        return respondJson(200, action === "ping" ? { state: "alive" } : await deps.look(database));
      });
    } catch (error) {
      return respondError(error, deps.log);
    }
  };
}
