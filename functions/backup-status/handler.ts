import { z } from "zod";
import { HoldfastError } from "../_shared/errors/holdfast_error.ts";
import { authorize } from "../_shared/http/authorize.ts";
import { checkMethod } from "../_shared/http/check_method.ts";
import type { Handler } from "../_shared/http/edge_function.ts";
import { parseInput } from "../_shared/http/read_json.ts";
import { type OfferedType, preferredType } from "../_shared/http/preferred_type.ts";
import { respondError, respondJson, respondMarkdown, respondText } from "../_shared/http/respond.ts";
import type { WithDatabase } from "../_shared/http/with_database.ts";
import { readMetrics } from "../_shared/metrics/read_metrics.ts";
import { METRICS_CONTENT_TYPES, renderMetrics } from "../_shared/metrics/render_metrics.ts";
import { latestReport } from "../_shared/report/latest_report.ts";
import { getBackupStatus } from "../_shared/status/get_backup_status.ts";

export interface BackupStatusHandlerDeps {
  secretKeys: readonly string[];
  withDatabase: WithDatabase;
  log?: (line: string) => void;
}

const query = z.strictObject({ format: z.enum(["json", "markdown", "metrics", "openmetrics", "prometheus"]).optional() });

type Answer = "json" | "markdown" | "openmetrics" | "prometheus";
const JSON_TYPE: OfferedType<Answer> = { type: "application/json", answer: "json" };
const PROMETHEUS: OfferedType<Answer> = { type: "text/plain", version: "0.0.4", answer: "prometheus" };
const OPENMETRICS: OfferedType<Answer> = { type: "application/openmetrics-text", version: "1.0.0", answer: "openmetrics" };
const MARKDOWN: OfferedType<Answer> = { type: "text/markdown", answer: "markdown" };

/** ?format= decides, else the Accept header; ?format=metrics leaves it to the header which text of metrics it is. */
function answerOf(format: Answer | "metrics" | undefined, accept: string | null): Answer {
  if (format === undefined) return preferredType(accept, [JSON_TYPE, OPENMETRICS, PROMETHEUS, MARKDOWN]);
  return format === "metrics" ? preferredType(accept, [PROMETHEUS, OPENMETRICS]) : format;
}

/** GET answers whether the backups are fine: as JSON, as metrics, or as the report of the newest finished verification in Markdown. */
export function createHandler(deps: BackupStatusHandlerDeps): Handler {
  return async (request) => {
    try {
      checkMethod(request, ["GET"]);
      await authorize(request, { secretKeys: deps.secretKeys }, "backup-status");
      const { format } = parseInput(query, Object.fromEntries(new URL(request.url).searchParams));
      const answer = answerOf(format, request.headers.get("accept"));
      if (answer === "json") return respondJson(200, await deps.withDatabase(getBackupStatus), { vary: "accept" });
      if (answer !== "markdown") return respondText(renderMetrics(await deps.withDatabase(readMetrics), answer), METRICS_CONTENT_TYPES[answer]);
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
