import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { createProgram } from "../../cli/create_program.ts";
import { describeHelp } from "../../cli/describe_help.ts";
import { listCommands, renderCliDoc } from "../../scripts/build_cli_doc.ts";
import { CLI_TEXT } from "../../scripts/cli_text.ts";

const program = createProgram(async () => undefined, {});
const words = listCommands(program).map((entry) => entry.words);

describe("renderCliDoc()", () => {
  it("renderCliDoc() builds docs/cli.md as it is on disk", () => {
    expect(readFileSync(join(import.meta.dirname, "../../docs/cli.md"), "utf8")).toBe(renderCliDoc());
  });

  it("renderCliDoc() has a section for every command and every subcommand, in the order of the help", () => {
    const sections = [...renderCliDoc().matchAll(/^### `holdfast (.+)`$/gm)].map(([, one]) => one);
    expect(sections).toEqual(words);
    expect(words).toEqual(expect.arrayContaining(program.commands.filter((one) => one.commands.length === 0).map((one) => one.name())));
    expect(words).toContain("policies objectives set");
  });

  it("renderCliDoc() says something more about commands that exist only", () => {
    expect(Object.keys(CLI_TEXT).filter((one) => !words.includes(one))).toEqual([]);
  });
});

describe("listCommands()", () => {
  it("listCommands() takes exit codes and every example from the help, and leaves out what only groups commands", () => {
    const root = new Command("holdfast");
    const group = root.command("group");
    describeHelp(group.command("one"), "holdfast group one\n  holdfast group one --twice", "0 done");
    expect(listCommands(root)).toMatchObject([{ words: "group one", exitCodes: "0 done", examples: "holdfast group one\nholdfast group one --twice" }]);
  });
});
