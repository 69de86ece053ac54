import { Option } from "commander";
import { expect, it } from "vitest";
import { describeOption } from "../../cli/describe_option.ts";

it("describeOption() names choices and defaults, but no flag that is off, no empty list and no default twice", () => {
  expect(describeOption(new Option("--a <n>", "how many").default(2))).toBe("how many (default: 2)");
  expect(describeOption(new Option("--a <n>", "how long").choices(["x", "y"]))).toBe("how long (x, y)");
  expect(describeOption(new Option("--a <n>", "how long").choices(["x", "y"]).default("x"))).toBe("how long (x, y; default: x)");
  expect(describeOption(new Option("--a", "flag").default(false))).toBe("flag");
  expect(describeOption(new Option("--no-a", "flag").default(true))).toBe("flag");
  expect(describeOption(new Option("--a <x>", "can be repeated").default([]))).toBe("can be repeated");
  expect(describeOption(new Option("--a <x>", "where (default: the home)").default("~"))).toBe("where (default: the home)");
});
