import { describe, expect, it } from "vitest";
import { batchProof } from "../../../../functions/_shared/drill/prove_step.ts";

const MIB = 1024 * 1024;
const step = (id: string, weight: number, heavy = false) => ({ id, weight, heavy });
const ids = (steps: ReturnType<typeof batchProof>) => steps.map(({ alone, payload }) => [alone === true, (payload as { ids: string[] }).ids]);

describe("batchProof()", () => {
  it("batchProof() gives heavy steps an invocation of their own and groups the others", () => {
    expect(ids(batchProof([step("schema", 1, true), step("a", 1), step("b", 1)]))).toEqual([[true, ["schema"]], [false, ["a", "b"]]]);
  });
  it("batchProof() does not let a step read more than an invocation has time for", () => {
    expect(ids(batchProof([step("a", 100 * MIB), step("b", 100 * MIB), step("c", 500 * MIB), step("d", 1)]))).toEqual([[false, ["a"]], [false, ["b"]], [false, ["c"]], [false, ["d"]]]);
    expect(batchProof(Array.from({ length: 60 }, (_, n) => step(`${n}`, 1)))).toHaveLength(3);
    expect(batchProof([])).toEqual([]);
  });
});
