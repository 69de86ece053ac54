/** What an isolate of the hosted platform may use. Tests make them smaller to be over sooner. */
export interface IsolateLimits {
  /** After this much CPU an isolate gets no further request. */
  cpuSoftMs: number;
  /** After this much it is killed, and the request it was serving is answered with 546. */
  cpuHardMs: number;
  memoryMb: number;
  /** Age at which an isolate is killed; at half of it, it gets no further request. */
  wallClockMs: number;
  /** How long the platform waits for the first byte of a response. */
  firstByteMs: number;
}

/** The limits of the free plan; the paid plans only have a longer wall clock (400 s). */
export const HOSTED_LIMITS: IsolateLimits = {
  cpuSoftMs: 1_000,
  cpuHardMs: 2_000,
  memoryMb: 256,
  wallClockMs: 150_000,
  firstByteMs: 150_000,
};
