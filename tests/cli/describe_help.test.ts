import { Command } from "commander";
import { expect, it } from "vitest";
import { describeHelp } from "../../cli/describe_help.ts";

it("describeHelp() ends the help with exit codes and an example", () => {
  let help = "";
  const command = describeHelp(new Command("x").configureOutput({ writeOut: (text) => void (help += text) }), "holdfast x --y", "0 fine");
  command.outputHelp();
  expect(help).toMatch(/Exit codes:\n  0 fine\n\nExample:\n  holdfast x --y\n$/);
});
