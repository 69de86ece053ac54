import { describe, expect, it } from "vitest";
import { ByteBudget } from "../../../../functions/_shared/restore/byte_budget.ts";

describe("ByteBudget", () => {
  it("ByteBudget grants in order up to its limit, and more when something is given back", async () => {
    const budget = new ByteBudget(100);
    const granted: string[] = [];
    for (const [name, bytes] of [["a", 60], ["b", 40], ["c", 50], ["d", 1]] as const) void budget.take(bytes).then(() => granted.push(name));
    await Promise.resolve();
    expect(granted).toEqual(["a", "b"]);
    budget.give(40);
    await Promise.resolve();
    // d would fit; it waits behind c, which would otherwise wait for ever.
    expect(granted).toEqual(["a", "b"]);
    budget.give(60);
    await Promise.resolve();
    expect(granted).toEqual(["a", "b", "c", "d"]);
  });

  it("ByteBudget grants what exceeds it, alone", async () => {
    const budget = new ByteBudget(10);
    const granted: number[] = [];
    void budget.take(1_000).then(() => granted.push(1));
    void budget.take(1).then(() => granted.push(2));
    await Promise.resolve();
    expect(granted).toEqual([1]);
    budget.give(1_000);
    await Promise.resolve();
    expect(granted).toEqual([1, 2]);
  });
});
