/** Why an invocation ended. `ok` includes responses with an error status: the platform let it run to its end. */
export type InvocationOutcome = "ok" | "cpu" | "memory" | "wall_clock" | "error";

/** One request and the background work it left behind, as the platform would bill it. */
export interface Invocation {
  slug: string;
  invocationId: string;
  /** HTTP status the client got. */
  status: number;
  cpuMs: number;
  /** Peak of the isolate so far: an isolate that is reused keeps the peak of earlier requests. */
  peakMb: number;
  wallMs: number;
  outcome: InvocationOutcome;
  startedAt: string;
}
