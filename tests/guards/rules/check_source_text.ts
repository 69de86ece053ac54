import type { RepositoryFile } from "./repository_files.ts";

const MAX_LINES = 300;
const RUNTIME_ADAPTER = "functions/_shared/config/env.ts";
/** Built or given data: nobody reads these from top to bottom. */
const ANY_SIZE = /^(?:supabase\/(?:migrations\/|seed\.sql)|tests\/fixtures\/|functions\/_shared\/prove\/holdfast_migration\.ts$)/;

const IMPORT = /^\s*(?:import|export)\b[^;"']*?\bfrom\s+["']([^"']+)["']|^\s*import\s+["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/gm;

/** A note about undone work: the word opens a comment or is followed by what is to be done. TAP output has the bare word. */
const UNDONE = "(?:(?://|--|\\*|#|<!--)\\s*(?:TO" + "DO|FIX" + "ME)\\b|\\b(?:TO" + "DO|FIX" + "ME)[:(])";

/** Words that point outside of this repository or at work that is not done. Split so that this file passes itself. */
const FOREIGN = new RegExp(["issue" + " #", "\\.\\." + "/shared/", "design" + "\\.md", "sub" + "agent", UNDONE].join("|"), "g");

/** Breaches of the rules that hold for the text of one file. */
export function checkSourceText({ path, text }: RepositoryFile): string[] {
  const problems: string[] = [];
  const lines = text.split("\n").length - 1;
  if (/\.(?:ts|sql|mjs)$/.test(path) && !ANY_SIZE.test(path) && lines > MAX_LINES) {
    problems.push(`${path}: ${lines} lines, at most ${MAX_LINES}`);
  }
  if (path !== "package-lock.json") {
    for (const [word] of text.matchAll(FOREIGN)) problems.push(`${path}: contains "${word}"`);
  }
  if (path.endsWith(".ts")) problems.push(...checkTypeScript(path, text));
  return problems;
}

function checkTypeScript(path: string, text: string): string[] {
  const problems: string[] = [];
  const code = withoutComments(text);

  for (const [, from, bare, dynamic] of code.matchAll(IMPORT)) {
    const specifier = from ?? bare ?? dynamic ?? "";
    if (specifier.startsWith(".") && !/\.(?:ts|json)$/.test(specifier)) {
      problems.push(`${path}: imports "${specifier}" without .ts`);
    }
  }
  const statements = code.split("\n").filter((line) => line.trim() !== "");
  if (statements.length > 0 && statements.join(" ").replaceAll(/\bexport\s+(?:type\s+)?(?:\*|\{[^}]*\})[^;]*?\bfrom\s+["'][^"']+["'];?/g, "").trim() === "") {
    problems.push(`${path}: only re-exports; import from where things are defined`);
  }
  if (path.startsWith("functions/_shared/") && path !== RUNTIME_ADAPTER) {
    for (const [name] of code.matchAll(/(?<![\w.])(?:Deno|process)\.\w+|["']node:process["']/g)) {
      problems.push(`${path}: uses ${name}; only ${RUNTIME_ADAPTER} knows the runtime`);
    }
  }
  if (path.endsWith(".test.ts")) {
    const titles = [...code.matchAll(/^\s*(?:it|test)(?:\.each\([^\n]*\))?\(\s*(["'`])(.*?)\1\s*,/gm)].map(([, , title = ""]) => title);
    for (const title of new Set(titles.filter((title, index) => titles.indexOf(title) !== index))) {
      problems.push(`${path}: two tests are called "${title}"`);
    }
  }
  return problems;
}

/** Whole-line comments only: a `//` later in a line may be part of a URL. */
function withoutComments(text: string): string {
  return text.replaceAll(/^\s*\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
}
