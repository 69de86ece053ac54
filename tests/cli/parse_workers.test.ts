import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { parseWorkers } from "../../cli/parse_workers.ts";

describe("parseWorkers()", () => {
  it("parseWorkers() takes 1 to 16", () => {
    expect(["1", "2", "16"].map(parseWorkers)).toEqual([1, 2, 16]);
  });

  it.each(["", "0", "17", "1.5", "-1", "two", "2 3", "NaN", "Infinity"])("parseWorkers() refuses %j", (text) => {
    expect(() => parseWorkers(text)).toThrow(InvalidArgumentError);
  });
});
