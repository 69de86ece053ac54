import { parseConfig } from "../_shared/config/parse_config.ts";
import { edgeFunction } from "../_shared/http/edge_function.ts";
import { databaseOf } from "../_shared/http/with_database.ts";
import { lookAtPrimaryBackups } from "../_shared/verify/look_at_primary_backups.ts";
import { openStorage } from "../_shared/verify/open_storage.ts";
import { FUNCTION_LIMITS } from "../_shared/verify/verify_backup.ts";
import { createHandler } from "./handler.ts";

export default edgeFunction((env) => {
  const config = parseConfig(env);
  return createHandler({
    secretKeys: config.secretKeys,
    withDatabase: databaseOf(config, "verify-backup"),
    storage: openStorage(env),
    limits: FUNCTION_LIMITS,
    now: () => performance.now(),
    lookAtPrimary: (database) => lookAtPrimaryBackups(database, env),
  });
});
