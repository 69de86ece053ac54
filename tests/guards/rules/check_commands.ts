import type { Command } from "commander";
import type { RepositoryFile } from "./repository_files.ts";

/** Blocks of a shell and code within a line, where a document quotes what can be typed. */
function quotedCode(text: string): string[] {
  const blocks = [...text.matchAll(/^```(?:sh|bash)\n([\s\S]*?)^```/gm)].flatMap(([, block = ""]) => block.split("\n"));
  const rest = text.replaceAll(/^```[\s\S]*?^```/gm, "");
  return [...blocks, ...[...rest.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code)];
}

/** The words of a call up to what ends it: a comment, a pipe, another command. */
function wordsOf(call: string): string[] {
  return (call.split(/\s(?:#|&&|\|\||[|;>])/)[0] ?? "").match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
}

/** Everything that a call of the command names has to exist: the command, its subcommands, its options. */
export function checkCommands({ path, text }: RepositoryFile, program: Command): string[] {
  const problems: string[] = [];
  for (const code of quotedCode(text)) {
    for (const [, call = ""] of code.matchAll(/(?:^|[\s(])(?:holdfast|cli\/holdfast\.mjs) ([a-z-][^\n]*)/g)) {
      const words = wordsOf(call);
      let command = program;
      for (let name = words[0]; name !== undefined; name = words[0]) {
        const next = command.commands.find((one) => one.name() === name);
        if (next === undefined) break;
        command = next;
        words.shift();
      }
      if (command === program && words[0]?.startsWith("-") !== true) {
        problems.push(`${path}: holdfast ${words[0] ?? ""} is no command`);
        continue;
      }
      const known = [...command.options, ...program.options].flatMap(({ short, long }) => [short, long]);
      for (const word of words) {
        const [option = ""] = word.split("=");
        if (/^--?[a-z]/i.test(option) && !known.includes(option) && option !== "--help") {
          problems.push(`${path}: holdfast ${command === program ? "" : command.name()} has no option ${option}`);
        }
      }
    }
  }
  return problems;
}
