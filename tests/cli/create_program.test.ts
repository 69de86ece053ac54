import { describe, expect, it } from "vitest";
import { createProgram } from "../../cli/create_program.ts";

const program = createProgram(async () => undefined, {});
const names = program.commands.map((command) => command.name());

describe("createProgram()", () => {
  it("createProgram() knows every command once", () => {
    expect(names.sort()).toEqual(["alerts", "backup", "checks", "drill", "policies", "report", "restore", "retention", "runs", "status", "strategy", "verify", "verify-key"]);
  });
  it.each(names)("createProgram() describes %s with its exit codes and an example", (name) => {
    let help = "";
    const command = program.commands.find((one) => one.name() === name);
    command?.configureOutput({ writeOut: (text) => void (help += text) }).outputHelp();
    expect(help).toMatch(new RegExp(`Exit codes:\\n  0 .*1 bug, 2 usage.*, 3 .*\\n\\nExample:\\n  holdfast ${name}.*\\n$`));
  });
});
