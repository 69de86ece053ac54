import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import type { Command } from "commander";
import { createProgram } from "../cli/create_program.ts";
import { describeOption } from "../cli/describe_option.ts";
import { CLI_INTRODUCTION, CLI_NOTES, CLI_TEXT } from "./cli_text.ts";

const USAGE = `usage: tsx scripts/build_cli_doc.ts [--check]

Builds docs/cli.md from the commands and scripts/cli_text.ts.
  --check   write nothing; exit 1 when the file on disk is not what they build`;

/** A command that does something by itself, by the words after `holdfast`. */
interface Entry {
  readonly words: string;
  readonly command: Command;
  readonly exitCodes: string;
  readonly examples: string;
}

/** Every command and subcommand with an end to its help; one that only groups others has none. */
export function listCommands(parent: Command, before: readonly string[] = []): Entry[] {
  return parent.commands.filter((command) => command.name() !== "help").flatMap((command) => {
    const words = [...before, command.name()];
    const [, exitCodes, examples] = /Exit codes:\n {2}([^\n]+)\n+Examples?:\n([\s\S]+)$/.exec(helpOf(command)) ?? [];
    const own = exitCodes === undefined || examples === undefined ? [] : [{ words: words.join(" "), command, exitCodes, examples: examples.replaceAll(/^ {2}/gm, "").trim() }];
    return [...own, ...listCommands(command, words)];
  });
}

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => void (text += part) }).outputHelp();
  return text;
}

/** The page of the command, from the commands themselves. */
export function renderCliDoc(): string {
  const program = createProgram(async () => undefined, {});
  const entries = listCommands(program);
  return [
    CLI_INTRODUCTION,
    table(["command", "does"], entries.map(({ words, command }) => [`[\`${words}\`](#${anchorOf(words)})`, escape(command.description())])),
    "Exit codes of every command: 0 done or passed, 1 a bug, 2 wrong usage or configuration, 3 refused or failed for a reason that has a code, 10 failed, 11 inconclusive, 12 thawing was asked for: call again.\n",
    "## Options of every command\n",
    optionTable(program),
    CLI_NOTES,
    "## The commands\n",
    ...entries.map(renderEntry),
  ].join("\n");
}

function renderEntry({ words, command, exitCodes, examples }: Entry): string {
  const callArguments = command.registeredArguments.map((one) => [`\`${one.required ? `<${one.name()}>` : `[${one.name()}${one.variadic ? "…" : ""}]`}\``, escape(one.description)] as const);
  const more = CLI_TEXT[words];
  return [
    `### \`holdfast ${words}\`\n`,
    `${sentence(escape(command.description()))}\n`,
    ...(callArguments.length === 0 ? [] : [table(["argument", "meaning"], callArguments)]),
    ...(command.options.length === 0 ? [] : [optionTable(command)]),
    `Exit codes: ${escape(exitCodes)}.\n`,
    `\`\`\`sh\n${examples}\n\`\`\`\n`,
    ...(more === undefined ? [] : [`${more}\n`]),
  ].join("\n");
}

function optionTable(command: Command): string {
  return table(["option", "meaning"], command.options.map((option) => [`\`${option.flags}\``, escape(describeOption(option))]));
}

function table(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("");
}

/** Text of the help as Markdown: what stands in angle brackets would be taken for a tag. */
const escape = (text: string): string => text.replaceAll(/[<*_]/g, "\\$&");
const anchorOf = (words: string): string => `holdfast-${words.replaceAll(" ", "-")}`;
const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`;

function main(): number {
  const { values } = parseArgs({ options: { check: { type: "boolean" }, help: { type: "boolean" } } });
  if (values.help === true) {
    console.log(USAGE);
    return 0;
  }
  const target = join(dirname(import.meta.dirname), "docs/cli.md");
  const built = renderCliDoc();
  if (existsSync(target) && readFileSync(target, "utf8") === built) {
    console.log("docs/cli.md is up to date.");
    return 0;
  }
  if (values.check === true) {
    console.error('docs/cli.md is not what the commands build. Run "npm run build:cli" and commit the result.');
    return 1;
  }
  writeFileSync(target, built);
  console.log("Wrote docs/cli.md.");
  return 0;
}

if (process.argv[1] === import.meta.filename) process.exitCode = main();
