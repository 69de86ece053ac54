import { describeUnexpected } from "../errors/describe_unexpected.ts";
import { fromPostgres } from "../errors/from_postgres.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";

interface EdgeGlobals {
  EdgeRuntime?: { waitUntil(promise: Promise<unknown>): unknown };
}

/**
 * Lets work go on after the response. In an Edge Function the runtime keeps the isolate alive for it; elsewhere the
 * promise simply runs. It is returned for callers, such as tests, that want its end.
 * A failure is logged here, since the response is gone and an unhandled rejection would end the isolate.
 */
export function runInBackground<T>(work: Promise<T>, log: (line: string) => void = (line) => console.error(line)): Promise<T> {
  const settled = work.then(
    () => undefined,
    (error: unknown) => {
      const known = fromPostgres(error);
      log(known instanceof HoldfastError ? `${known.code}: ${known.message}` : `unexpected error: ${describeUnexpected(known)}`);
    },
  );
  (globalThis as EdgeGlobals).EdgeRuntime?.waitUntil(settled);
  return work;
}
