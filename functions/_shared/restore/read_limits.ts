const MIB = 1024 * 1024;

/**
 * How much of a backup a reader takes into memory. Whoever may write to the bucket decides how long an object is and what it unpacks
 * to, and before the first hash is compared nothing else bounds it. What an export makes stays below every limit.
 */
export interface ReadLimits {
  /** manifest.json. One of 1 TiB in 87,000 chunks of 12 MiB and 10,000 tables of 20 columns has 41 MiB and 1.4 million values. */
  manifestBytes: number;
  /** A proof; 10,000 tables leave about 10 MiB. */
  proofBytes: number;
  /** What an object that is not rows unpacks to, such as schema.json: 13 MiB for 10,000 partitions. */
  contentBytes: number;
  /** COPY text of a chunk: 32 MiB, unless one row has more. */
  chunkBytes: number;
  /** Members and elements of a JSON document, each of which takes many times its bytes once it is parsed. */
  jsonValues: number;
}

/** The command: text is at most what V8 can hold, a chunk what an export by the command stores of a single row. */
export const COMMAND_READS: ReadLimits = {
  manifestBytes: 192 * MIB, proofBytes: 64 * MIB, contentBytes: 500 * MIB, chunkBytes: 1024 * MIB, jsonValues: 16_000_000,
};

/** An Edge Function has 256 MB, of which reading a manifest takes five times its bytes. */
export const FUNCTION_READS: ReadLimits = {
  manifestBytes: 16 * MIB, proofBytes: 8 * MIB, contentBytes: 32 * MIB, chunkBytes: 32 * MIB, jsonValues: 2_000_000,
};

/** The limits that a backup was opened with; without, those of the command. */
export function readLimitsOf({ limits }: { limits?: ReadLimits }): ReadLimits {
  return limits ?? COMMAND_READS;
}

/** The most stored bytes that `bytes` unpacked ones can have: gzip and age add a little to what does not compress. */
export function mostStored(bytes: number): number {
  return bytes + Math.ceil(bytes / 512) + 64 * 1024;
}
