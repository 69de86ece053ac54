import { describe, expect, it } from "vitest";
import { median } from "../../../scripts/bench/median.ts";

describe("median()", () => {
  it("median() is the middle one, in whatever order they come", () => expect([median([3, 1, 2]), median([10, 9]), median([])]).toEqual([2, 10, Number.NaN]));
});
