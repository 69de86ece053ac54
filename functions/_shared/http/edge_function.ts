import { type Env, readEnv } from "../config/env.ts";
import { respondError } from "./respond.ts";

export type Handler = (request: Request) => Promise<Response>;

/**
 * The default export of an Edge Function. The handler is made at the first request, not at start, so that a wrong
 * configuration is answered with its error instead of a boot failure that names nothing.
 */
export function edgeFunction(createHandler: (env: Env) => Handler): { fetch: Handler } {
  let handler: Handler | undefined;
  return {
    fetch: async (request) => {
      try {
        handler ??= createHandler(readEnv());
        return await handler(request);
      } catch (error) {
        return respondError(error);
      }
    },
  };
}
