import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { randomBytes } from "node:crypto";
import { COMMAND_READS, FUNCTION_READS, mostStored, readLimitsOf } from "../../../../functions/_shared/restore/read_limits.ts";

it("mostStored() leaves room for what gzip adds to bytes that do not compress", () => {
  for (const size of [0, 1, 1_000_000]) expect(gzipSync(randomBytes(size), { level: 1 }).length).toBeLessThan(mostStored(size));
});

it("FUNCTION_READS takes no more than COMMAND_READS of anything", () => {
  for (const name of Object.keys(FUNCTION_READS) as (keyof typeof FUNCTION_READS)[]) expect(FUNCTION_READS[name]).toBeLessThanOrEqual(COMMAND_READS[name]);
});

it("readLimitsOf() takes the limits of the backup, and those of the command where it has none", () => {
  expect(readLimitsOf({ limits: FUNCTION_READS })).toBe(FUNCTION_READS);
  expect(readLimitsOf({})).toBe(COMMAND_READS);
});
