import { parseConfig } from "../_shared/config/parse_config.ts";
import { withClient } from "../_shared/database/connect.ts";
import { Ledger } from "../_shared/export/ledger.ts";
import { runWorker } from "../_shared/export/run_worker.ts";
import { edgeFunction } from "../_shared/http/edge_function.ts";
import { databaseOf } from "../_shared/http/with_database.ts";
import { parseRecipients } from "../_shared/encryption/parse_recipients.ts";
import { createS3Client } from "../_shared/s3/s3_client.ts";
import { parseS3Config } from "../_shared/s3/s3_config.ts";
import { createHandler } from "./handler.ts";

/** Shorter than a lease, so that a worker reports a silent storage itself instead of losing its claim over it. */
const STORAGE_DEADLINE_MS = 60_000;

export default edgeFunction((env) => {
  const config = parseConfig(env);
  return createHandler({
    secretKeys: config.secretKeys,
    withDatabase: databaseOf(config, "export-backup"),
    storageConfigured: () => parseS3Config(env) !== null,
    startRun: async (database, trigger, tier) => {
      // Encryption that is configured wrongly must end here, not in a run that no worker can begin.
      parseRecipients(env);
      return await new Ledger(database).startRun(trigger, "functions", tier, parseS3Config(env)?.prefix ?? "");
    },
    work: async (runId) => {
      const storage = parseS3Config(env);
      if (storage === null) return null;
      const s3 = createS3Client(storage, { deadlineMs: STORAGE_DEADLINE_MS });
      return await withClient(config.databaseUrl, { applicationName: "holdfast export-backup", ca: config.databaseCa },
        (client) => runWorker(client, s3, runId, env["SB_EXECUTION_ID"] ?? crypto.randomUUID(), () => parseRecipients(env)));
    },
  });
});
