import { describe, expect, it } from "vitest";
import { judgeSkew } from "../../../../functions/_shared/doctor/judge_skew.ts";

describe("judgeSkew()", () => {
  it.each([
    [59_000, "passed"], [-60_000, "passed"], [60_001, "inconclusive"], [-900_000, "inconclusive"], [900_001, "failed"], [-3_600_000, "failed"],
  ] as const)("judgeSkew() says of %i ms: %s", (skew, verdict) => {
    expect(judgeSkew("the storage", skew, "machine")).toMatchObject({ verdict, fix: verdict === "passed" ? null : expect.stringContaining("timedatectl") });
  });

  it("judgeSkew() says whose clock is behind", () => {
    expect(judgeSkew("the storage", 120_000, "machine").seen).toMatch(/^this machine is 2 min behind the storage;/);
    expect(judgeSkew("the storage", -120_000, "functions").seen).toMatch(/^the functions' host is 2 min ahead of the storage;/);
  });
});
