import { hostedRef } from "../_shared/config/hosted_ref.ts";
import { parseConfig } from "../_shared/config/parse_config.ts";
import { edgeFunction } from "../_shared/http/edge_function.ts";
import { databaseOf } from "../_shared/http/with_database.ts";
import { createS3Client } from "../_shared/s3/s3_client.ts";
import { parseS3Config } from "../_shared/s3/s3_config.ts";
import { createHandler } from "./handler.ts";

/** Shorter than a lease, so that a silent storage is reported instead of losing the claim over it. */
const STORAGE_DEADLINE_MS = 60_000;

export default edgeFunction((env) => {
  const config = parseConfig(env);
  return createHandler({
    secretKeys: config.secretKeys,
    withDatabase: databaseOf(config, "apply-retention"),
    openStorage: () => {
      const storage = parseS3Config(env);
      return storage === null ? null : createS3Client(storage, { deadlineMs: STORAGE_DEADLINE_MS });
    },
    projectRef: hostedRef(env["SUPABASE_URL"]),
    now: () => performance.now(),
  });
});
