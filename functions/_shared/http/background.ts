interface EdgeGlobals {
  EdgeRuntime?: { waitUntil(promise: Promise<unknown>): void };
}

/**
 * Lets work go on after the response. In an Edge Function the runtime keeps the isolate alive for it; elsewhere the
 * promise simply runs. It is returned for callers, such as tests, that want its end.
 */
export function runInBackground<T>(work: Promise<T>): Promise<T> {
  // An unhandled rejection would end the isolate and its other requests; whoever awaits still gets the error.
  work.catch(() => undefined);
  (globalThis as EdgeGlobals).EdgeRuntime?.waitUntil(work);
  return work;
}
