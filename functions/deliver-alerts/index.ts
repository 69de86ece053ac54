import { sendRequest } from "../_shared/alerts/send_request.ts";
import { parseAlertConfig } from "../_shared/config/parse_alert_config.ts";
import { parseConfig } from "../_shared/config/parse_config.ts";
import { edgeFunction } from "../_shared/http/edge_function.ts";
import { databaseOf } from "../_shared/http/with_database.ts";
import { createHandler } from "./handler.ts";

export default edgeFunction((env) => {
  const config = parseConfig(env);
  return createHandler({
    secretKeys: config.secretKeys,
    withDatabase: databaseOf(config, "deliver-alerts"),
    channels: parseAlertConfig(env),
    send: (request) => sendRequest(request),
    now: () => performance.now(),
  });
});
