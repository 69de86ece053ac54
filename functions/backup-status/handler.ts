import { z } from "zod";
import { HoldfastError } from "../_shared/errors/holdfast_error.ts";
import { authorize } from "../_shared/http/authorize.ts";
import { checkMethod } from "../_shared/http/check_method.ts";
import type { Handler } from "../_shared/http/edge_function.ts";
import { parseInput } from "../_shared/http/read_json.ts";
import { respondError, respondJson, respondMarkdown } from "../_shared/http/respond.ts";
import type { WithDatabase } from "../_shared/http/with_database.ts";
import { latestReport } from "../_shared/report/latest_report.ts";
import { getBackupStatus } from "../_shared/status/get_backup_status.ts";

export interface BackupStatusHandlerDeps {
  secretKeys: readonly string[];
  withDatabase: WithDatabase;
  log?: (line: string) => void;
}

const query = z.strictObject({ format: z.enum(["json", "markdown"]).default("json") });

/** GET answers whether the backups are fine; ?format=markdown answers the report of the newest finished verification. */
export function createHandler(deps: BackupStatusHandlerDeps): Handler {
  return async (request) => {
    try {
      checkMethod(request, ["GET"]);
      await authorize(request, { secretKeys: deps.secretKeys }, "backup-status");
      const { format } = parseInput(query, Object.fromEntries(new URL(request.url).searchParams));
      if (format === "json") return respondJson(200, await deps.withDatabase(getBackupStatus));
      const report = await deps.withDatabase((database) => latestReport(database));
      if (report === null) {
        throw new HoldfastError("HF006", "No verification has finished yet", { hint: "Start one: POST to verify-backup." });
      }
      return respondMarkdown(report);
    } catch (error) {
      return respondError(error, deps.log);
    }
  };
}
