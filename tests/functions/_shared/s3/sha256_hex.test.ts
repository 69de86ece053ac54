import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { sha256Hex } from "../../../../functions/_shared/s3/sha256_hex.ts";

test("sha256Hex() agrees with node:crypto, also for a view into a larger buffer", async () => {
  const bytes = new Uint8Array(1000).map((_, index) => index % 256);
  for (const view of [bytes, bytes.subarray(10, 20), new Uint8Array()]) expect(await sha256Hex(view)).toBe(createHash("sha256").update(view).digest("hex"));
});
