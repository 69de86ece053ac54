import { describe, expect, it } from "vitest";
import { compareVersions } from "../../../cli/install/compare_versions.ts";

describe("compareVersions()", () => {
  it("compareVersions() orders numbers as numbers, and a pre-release before its release", () => {
    const ordered = ["0.1.0", "0.2.0-rc.2", "0.2.0-rc.10", "0.2.0", "0.10.0", "1.0.0", "2.0.0-beta"];
    for (const [at, left] of ordered.entries()) {
      expect(compareVersions(left, left)).toBe(0);
      for (const right of ordered.slice(at + 1)) expect([compareVersions(left, right) < 0, compareVersions(right, left) > 0], `${left} ${right}`).toEqual([true, true]);
    }
  });
});
