import { parseConfig } from "../_shared/config/parse_config.ts";
import { connect, withClient } from "../_shared/database/connect.ts";
import { performDrillStep } from "../_shared/drill/perform_drill_step.ts";
import { readDrill } from "../_shared/drill/read_drill.ts";
import { runDrillWorker } from "../_shared/drill/run_drill_worker.ts";
import { reapScratchDatabases, urlOfDatabase } from "../_shared/drill/scratch_database.ts";
import { startDrill } from "../_shared/drill/start_drill.ts";
import { drillIdentities } from "../_shared/encryption/drill_identities.ts";
import { edgeFunction } from "../_shared/http/edge_function.ts";
import { databaseOf } from "../_shared/http/with_database.ts";
import { createS3Client } from "../_shared/s3/s3_client.ts";
import { parseS3Config } from "../_shared/s3/s3_config.ts";
import { createHandler } from "./handler.ts";

/** Shorter than a lease, so that a worker reports a silent storage itself instead of losing its claim over it. */
const STORAGE_DEADLINE_MS = 60_000;

export default edgeFunction((env) => {
  const config = parseConfig(env);
  const log = (line: string) => console.error(line);
  return createHandler({
    secretKeys: config.secretKeys,
    withDatabase: databaseOf(config, "restore-drill"),
    storageConfigured: () => parseS3Config(env) !== null,
    startDrill,
    readDrill,
    work: (drillId) => {
      const storage = parseS3Config(env);
      return runDrillWorker({
        connect: (applicationName, database) =>
          connect(database === undefined ? config.databaseUrl : urlOfDatabase(config.databaseUrl, database), { applicationName, ca: config.databaseCa }),
        s3: storage === null ? null : createS3Client(storage, { deadlineMs: STORAGE_DEADLINE_MS }),
        identities: () => drillIdentities(env),
        drillId,
        invocation: env["SB_EXECUTION_ID"] ?? crypto.randomUUID(),
        perform: performDrillStep,
        log,
      });
    },
    reap: () => withClient(config.databaseUrl, { applicationName: "holdfast restore-drill", ca: config.databaseCa },
      (client) => reapScratchDatabases(client, log)),
  });
});
