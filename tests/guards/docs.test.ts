import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { createProgram } from "../../cli/create_program.ts";
import { REPO_ROOT } from "../../stack/repo_root.ts";
import { checkCommands } from "./rules/check_commands.ts";
import { repositoryFiles, type RepositoryFile } from "./rules/repository_files.ts";

/** What documents may refer to. */
interface World {
  exists(path: string): boolean;
  /** Every text file of the repository, for patterns. */
  paths: readonly string[];
  textOf(path: string): string | undefined;
  npmScripts: ReadonlySet<string>;
  /** SQL text of each object of schema backup. */
  objects: ReadonlyMap<string, string>;
}

const README_LINES = 150;
const TOP_LEVEL = /^(?:\.ci|cli|docs|functions|scripts|sql|stack|supabase|tests)\//;

function world(): World {
  const files = repositoryFiles();
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const { scripts } = JSON.parse(readFileSync(join(REPO_ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> };
  const objects = new Map(files.filter(({ path }) => /^sql\/(?:types|tables|views|functions|pgtap)\//.test(path)).map(({ path, text }) => [basename(path, ".sql"), text]));
  return {
    exists: (path) => existsSync(join(REPO_ROOT, path)), paths: files.map(({ path }) => path),
    textOf: (path) => texts.get(path), npmScripts: new Set(Object.keys(scripts)), objects,
  };
}

/** The anchor a reader of GitHub gets for each heading. */
function anchorsOf(markdown: string): Set<string> {
  return new Set([...markdown.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => title.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")));
}

function checkLinks({ path, text }: RepositoryFile, { exists, textOf }: World): string[] {
  const problems: string[] = [];
  for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/i.test(target)) continue;
    const [file = "", anchor] = target.split("#");
    const resolved = file === "" ? path : normalize(join(dirname(path), decodeURIComponent(file)));
    if (!exists(resolved)) problems.push(`${path}: link to ${target}, which does not exist`);
    else if (anchor !== undefined && !anchorsOf(textOf(resolved) ?? "").has(anchor)) problems.push(`${path}: link to ${target}, which has no such heading`);
  }
  return problems;
}

function checkNpmScripts({ path, text }: RepositoryFile, { npmScripts }: World): string[] {
  return [...text.matchAll(/\bnpm (?:run (?:-\S+ )*([a-z][\w:.-]*)|(test|start)\b)/g)].flatMap(([call, script, short]) =>
    npmScripts.has(script ?? short ?? "") ? [] : [`${path}: ${call} is no script of package.json`]);
}

/** `backup.x`, `backup.x.column` and `backup.x_…`, but not a file or a path called backup.ts. */
function checkSqlNames({ path, text }: RepositoryFile, { objects }: World): string[] {
  const problems: string[] = [];
  for (const [name, object = "", more, column] of text.matchAll(/(?<![\w/.-])backup\.([a-z_][a-z0-9_]*)([*…])?(?:\.([a-z_][a-z0-9_]*))?/g)) {
    if (/^(?:ts|sql|md|mjs)$/.test(object)) continue;
    const known = more === undefined ? objects.has(object) : [...objects.keys()].some((one) => one.startsWith(object));
    if (!known) problems.push(`${path}: ${name} is not in sql/`);
    else if (column !== undefined && !new RegExp(`\\b${column}\\b`).test(objects.get(object) ?? "")) problems.push(`${path}: ${name} is not a column`);
  }
  return problems;
}

/** A path may hold `*`, `**`, `<placeholder>` or `…`; it then has to fit at least one file. */
function checkPaths({ path, text }: RepositoryFile, { exists, paths }: World): string[] {
  const problems: string[] = [];
  for (const [, quoted = ""] of text.replaceAll(/^```[\s\S]*?^```/gm, "").matchAll(/`([^`\n]+)`/g)) {
    if (!TOP_LEVEL.test(quoted) || /\s/.test(quoted)) continue;
    const pattern = quoted.replace(/[.+^$()|[\]\\]/g, "\\$&").replaceAll(/\*\*\/?|\*|<[^>]+>|…/g, (wild) => (wild.startsWith("**") ? ".*" : "[^/]+"));
    const wild = /[*<…]/.test(quoted);
    const found = wild ? paths.some((one) => new RegExp(`^${pattern}${quoted.endsWith("/") ? "" : "$"}`).test(one)) : exists(quoted);
    if (!found) problems.push(`${path}: ${quoted} does not exist`);
  }
  return problems;
}

/** Breaches of what has to hold for every document. */
function checkDocument(file: RepositoryFile, known: World): string[] {
  return [checkLinks, checkNpmScripts, checkSqlNames, checkPaths].flatMap((rule) => rule(file, known));
}

/** Breaches of what has to hold for the README alone. */
function checkReadme(text: string, commands: readonly string[]): string[] {
  const lines = text.split("\n").length - 1;
  return [
    ...(lines > README_LINES ? [`README.md: ${lines} lines, at most ${README_LINES}`] : []),
    ...commands.filter((name) => !text.includes(`holdfast ${name}`)).map((name) => `README.md: does not name the command ${name}`),
  ];
}

const commands = (): string[] => readdirSync(join(REPO_ROOT, "cli", "commands")).map((name) => basename(name, ".ts").replaceAll("_", "-"));

describe("checkDocument()", () => {
  const known: World = {
    exists: (path) => ["docs/a.md", "sql/tables/runs.sql", "functions", "functions/"].includes(path),
    paths: ["docs/a.md", "sql/tables/runs.sql", "functions/_shared/s3/a.ts"],
    textOf: (path) => (path === "docs/a.md" ? "# Life of a `run`, part 2\n" : undefined),
    npmScripts: new Set(["test", "build:errors"]),
    objects: new Map([["runs", "create table backup.runs (run_id text)"], ["check_sequences", ""]]),
  };
  const check = (text: string, path = "docs/b.md") => checkDocument({ path, text }, known);

  it("checkDocument() finds nothing in this repository", () => {
    const documents = repositoryFiles().filter(({ path }) => path.endsWith(".md"));
    expect(documents.length).toBeGreaterThan(8);
    expect(documents.flatMap((file) => checkDocument(file, world()))).toEqual([]);
  });

  it("checkDocument() notices links that lead nowhere, relative to the document", () => {
    expect(check("[a](a.md) [b](../docs/a.md#life-of-a-run-part-2) [c](https://example.com/x) [d](../functions)")).toEqual([]);
    expect(check("[a](gone.md) [b](docs/a.md)")).toEqual(["docs/b.md: link to gone.md, which does not exist", "docs/b.md: link to docs/a.md, which does not exist"]);
    expect(check("[a](docs/a.md)", "README.md")).toEqual([]);
    expect(check("[a](a.md#death-of-a-run)")).toEqual(["docs/b.md: link to a.md#death-of-a-run, which has no such heading"]);
  });

  it("checkDocument() notices scripts that package.json does not have", () => {
    expect(check("npm test -- --only sql; npm run build:errors; npm run --silent test; npm ci")).toEqual([]);
    expect(check("`npm run deploy`, then npm start")).toEqual(["docs/b.md: npm run deploy is no script of package.json", "docs/b.md: npm start is no script of package.json"]);
  });

  it("checkDocument() notices objects and columns that schema backup does not have", () => {
    expect(check("backup.runs, `backup.runs.run_id`, backup.check_…, cli/commands/backup.ts, a backup. Then")).toEqual([]);
    expect(check("select * from backup.jobs; `backup.runs.job_id`; backup.verify_…")).toEqual([
      "docs/b.md: backup.jobs is not in sql/", "docs/b.md: backup.runs.job_id is not a column", "docs/b.md: backup.verify_… is not in sql/",
    ]);
  });

  it("checkDocument() notices paths that do not exist, patterns included", () => {
    expect(check("`sql/tables/runs.sql` `functions/` `sql/tables/*.sql` `functions/**/a.ts` `functions/_shared/<domain>/` `a/b.ts` `sql/ is it`")).toEqual([]);
    expect(check("```\n`sql/in_a_block.sql`\n```\n")).toEqual([]);
    for (const path of ["sql/tables/gone.sql", "stack/", "sql/views/*.sql", "functions/<name>/a.ts"]) {
      expect(check(`see \`${path}\``)).toEqual([`docs/b.md: ${path} does not exist`]);
    }
  });
});

describe("checkCommands()", () => {
  const program = createProgram(async () => undefined, {});
  const check = (text: string) => checkCommands({ path: "docs/b.md", text }, program);

  it("checkCommands() finds nothing in this repository", () => {
    expect(repositoryFiles().filter(({ path }) => path.endsWith(".md")).flatMap((file) => checkCommands(file, program))).toEqual([]);
  });

  it("checkCommands() notices commands, subcommands and options that do not exist", () => {
    expect(check("`holdfast restore --from latest --to \"$URL\" --json` `holdfast policies set primary --retention \"7 days\"` a holdfast is, `holdfast --version`")).toEqual([]);
    expect(check("```sh\nnpx holdfast verify --quiet > a.md && sort --unknown\nholdfast runs # --never\n```\n")).toEqual([]);
    expect(check("`holdfast rescue --now` then `npx holdfast restore --form latest` and `holdfast alerts test --times=2`")).toEqual([
      "docs/b.md: holdfast rescue is no command", "docs/b.md: holdfast restore has no option --form", "docs/b.md: holdfast test has no option --times",
    ]);
    expect(check("```sh\nnode cli/holdfast.mjs gone\n```\n")).toEqual(["docs/b.md: holdfast gone is no command"]);
  });
});

describe("checkReadme()", () => {
  it("checkReadme() finds nothing in this repository", () => {
    expect(commands()).toContain("verify");
    expect(checkReadme(readFileSync(join(REPO_ROOT, "README.md"), "utf8"), commands())).toEqual([]);
  });

  it("checkReadme() notices a README that is too long, and a command it does not name", () => {
    expect(checkReadme(`holdfast backup\n${"\n".repeat(README_LINES - 1)}`, ["backup"])).toEqual([]);
    expect(checkReadme(`holdfast backup\n${"\n".repeat(README_LINES)}`, ["backup", "status"])).toEqual([
      `README.md: ${README_LINES + 1} lines, at most ${README_LINES}`, "README.md: does not name the command status",
    ]);
  });
});
