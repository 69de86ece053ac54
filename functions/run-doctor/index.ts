import { parseConfig } from "../_shared/config/parse_config.ts";
import { lookFromInside } from "../_shared/doctor/look_from_inside.ts";
import { edgeFunction } from "../_shared/http/edge_function.ts";
import { databaseOf } from "../_shared/http/with_database.ts";
import { createHandler } from "./handler.ts";

export default edgeFunction((env) => {
  const config = parseConfig(env);
  return createHandler({
    secretKeys: config.secretKeys,
    withDatabase: databaseOf(config, "run-doctor"),
    look: (database) => lookFromInside({ env, database, databaseUrl: config.databaseUrl }),
  });
});
