import { execSync } from "node:child_process";
import { buffer } from "node:stream/consumers";
import pg from "pg";
import { copyIn } from "./copy_in.ts";

/**
 * Does what the scripts of docs/format.md ask of psql, for machines without it: reads the same options, \set with
 * backquotes, \gexec, :'variables', scripts on standard input and `copy … from stdin`, and ends with the same exit codes.
 * Whatever else psql can do is refused, so that nothing passes here by being overlooked.
 */
async function main(args: readonly string[]): Promise<number> {
  const variables = new Map<string, string>();
  const commands: string[] = [];
  let url = "";
  for (const arg of args) {
    const [, option, value = ""] = /^--([a-z-]+)(?:=([\s\S]*))?$/.exec(arg) ?? [];
    if (option === undefined) url = arg;
    else if (option === "set") variables.set(...pair(value));
    else if (option === "command") commands.push(value);
    else if (!["no-psqlrc", "quiet", "tuples-only", "no-align"].includes(option)) throw new Error(`no option --${option}`);
  }
  const client = new pg.Client({ connectionString: url, application_name: "psql stand-in" });
  client.on("notice", (notice) => process.stderr.write(`${notice.severity ?? "NOTICE"}:  ${notice.message ?? ""}\n`));
  await client.connect();
  try {
    for (const command of commands) {
      if (/^\s*copy\b[\s\S]*\bfrom\s+stdin\s*;?\s*$/i.test(command)) {
        if (!await attempt(async () => { await copyIn(client, command, await buffer(process.stdin)); })) return 1;
      } else if (!await attempt(() => print(client, command))) {
        return 1;
      }
    }
    return commands.length > 0 ? 0 : await runScript(client, (await buffer(process.stdin)).toString(), variables);
  } finally {
    await client.end();
  }
}

async function runScript(client: pg.Client, script: string, variables: Map<string, string>): Promise<number> {
  const sql = script.replace(/^\\.*\n?/gm, (line) => {
    const [, name, command] = /^\\set (\w+) `(.*)`\s*$/.exec(line) ?? [];
    if (name === undefined || command === undefined) throw new Error(`no command ${line.split(/\s/, 1)[0] ?? ""}`);
    // As psql does, which takes one line end off.
    variables.set(name, execSync(command, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 }).replace(/\n$/, ""));
    return "";
  });
  for (const statement of splitStatements(sql)) {
    const command = statement.find(({ kind }) => kind === "command")?.text;
    if (command !== undefined && command !== "\\gexec") throw new Error(`no command ${command}`);
    const text = statement.filter(({ kind }) => kind !== "command").map(({ kind, text: part }) => kind === "quoted" ? part : part.replace(/(?<!:):'(\w+)'/g, (_, name: string) => {
      const value = variables.get(name);
      if (value === undefined) throw new Error(`no variable ${name}`);
      return pg.escapeLiteral(value);
    })).join("");
    const run = command === undefined ? () => print(client, text) : () => execute(client, text);
    if (!await attempt(run) && variables.has("ON_ERROR_STOP")) return 3;
  }
  return 0;
}

async function read(client: pg.Client, text: string): Promise<unknown[][]> {
  const config: pg.QueryArrayConfig = { text, rowMode: "array", types: { getTypeParser: () => String } };
  const { rows = [] } = await client.query(config);
  return rows;
}

/** As \gexec does: each value is a statement. */
async function execute(client: pg.Client, text: string): Promise<void> {
  for (const value of (await read(client, text)).flat()) await print(client, String(value));
}

async function print(client: pg.Client, text: string): Promise<void> {
  for (const row of await read(client, text)) process.stdout.write(`${row.map((value) => value === null ? "" : String(value)).join("|")}\n`);
}

async function attempt(task: () => Promise<void>): Promise<boolean> {
  try {
    await task();
    return true;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    process.stderr.write(`${error.severity ?? "ERROR"}:  ${error.message}\n${error.detail === undefined ? "" : `DETAIL:  ${error.detail}\n`}`);
    return false;
  }
}

function pair(text: string): [string, string] {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

interface Token {
  /** quoted: strings, quoted names and comments, in which psql replaces nothing. command: of psql, as \gexec. */
  kind: "quoted" | "plain" | "command";
  text: string;
}

// Variables come first, so that their name is not taken for a string.
const TOKEN = /(?<!:):'\w+'|\b[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\$(\w*)\$[\s\S]*?\$\1\$|\\\w+|\w+|\s+|[\s\S]/g;

/** The statements of a script, at the semicolons at which psql sends them: not within quotes, brackets or `begin atomic … end`. */
export function splitStatements(script: string): Token[][] {
  const statements: Token[][] = [[]];
  let brackets = 0;
  let blocks = 0;
  for (const [text] of script.matchAll(TOKEN)) {
    const current = statements.at(-1) ?? [];
    const word = text.toLowerCase();
    if (text === "(") brackets += 1;
    if (text === ")") brackets -= 1;
    const routine = /^\s*create\s+(or\s+replace\s+)?(function|procedure)\b/i.test(current.map((token) => token.text).join("").slice(0, 80));
    if (routine && (word === "begin" || (word === "case" && blocks > 0))) blocks += 1;
    if (routine && word === "end" && blocks > 0) blocks -= 1;
    if (text === ";" && brackets === 0 && blocks === 0) statements.push([]);
    else current.push({ kind: text.startsWith("\\") ? "command" : /^(?:[eE]?'|"|--|\/\*|\$\w*\$)/.test(text) ? "quoted" : "plain", text });
    if (text.startsWith("\\")) statements.push([]);
  }
  return statements.filter((tokens) => tokens.some(({ text }) => !/^(?:\s|--|\/\*)/.test(text)));
}

if (process.argv[1] !== undefined && /psql_stand_in\.\w+$/.test(process.argv[1])) {
  main(process.argv.slice(2)).then((code) => { process.exitCode = code; }, (error: unknown) => {
    process.stderr.write(`psql stand-in: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  });
}
