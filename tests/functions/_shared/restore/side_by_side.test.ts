import { describe, expect, it } from "vitest";
import { sideBySide } from "../../../../functions/_shared/restore/side_by_side.ts";

describe("sideBySide()", () => {
  it("sideBySide() works on every item once, never on more at a time than allowed", async () => {
    const seen: number[] = [];
    let now = 0;
    let most = 0;
    await sideBySide(Array.from({ length: 20 }, (_, n) => n), 4, async (n) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 1));
      now--;
      seen.push(n);
    });
    expect([seen.sort((a, b) => a - b), most]).toEqual([Array.from({ length: 20 }, (_, n) => n), 4]);
    await sideBySide([], 4, () => Promise.reject(new Error("nothing to do")));
  });

  it("sideBySide() begins nothing after a failure, and throws it when the rest has ended", async () => {
    const ended: number[] = [];
    const work = sideBySide([0, 1, 2, 3], 2, async (n) => {
      if (n === 0) throw new Error("first");
      await new Promise((resolve) => setTimeout(resolve, 5));
      ended.push(n);
    });
    await expect(work).rejects.toThrow("first");
    expect(ended).toEqual([1]);
  });
});
