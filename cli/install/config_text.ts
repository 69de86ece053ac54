import { type FunctionSettings, SETTING_KEYS } from "./function_settings.ts";

const BEGIN = "# >>> Holdfast: written by holdfast init and holdfast upgrade. To switch a function off, add: enabled = false";
const END = "# <<< Holdfast";

const lineEnd = (text: string): string => (/\r?\n/.exec(text)?.[0] ?? "\n");

/** Adds tables at the end, between our two comments; a text that has these gets the tables below the first one. */
export function addTables(text: string, functions: ReadonlyMap<string, FunctionSettings>): string {
  if (functions.size === 0) return text;
  const eol = lineEnd(text);
  const tables = [...functions].map(([slug, settings]) =>
    [`[functions.${slug}]`, ...SETTING_KEYS.map((key) => `${key} = ${JSON.stringify(settings[key])}`), ""].join(eol)).join(eol);
  const lines = splitLines(text);
  const begin = lines.findLastIndex((line) => line.trimEnd() === BEGIN);
  // Not before the closing comment: a key that somebody wrote below it belongs to the table above it.
  if (begin >= 0) return [...lines.slice(0, begin + 1), tables, eol, ...lines.slice(begin + 1)].join("");
  const open = text === "" || text.endsWith("\n") ? "" : eol;
  return [text, open, text === "" ? "" : eol, BEGIN, eol, tables, END, eol].join("");
}

/** Sets keys of a table that is there: in the lines they have, else below its header. */
export function setKeys(text: string, slug: string, settings: Partial<FunctionSettings>): string {
  const lines = splitLines(text);
  const { header, end } = findTable(text, slug);
  if (header < 0) return text;
  const eol = lineEnd(text);
  for (const [key, value] of Object.entries(settings)) {
    const at = lines.findIndex((line, index) => index > header && index < end && new RegExp(`^\\s*${key}\\s*=`).test(line));
    const line = `${key} = ${JSON.stringify(value)}${eol}`;
    if (at >= 0) lines[at] = line;
    else lines[header] = `${lines[header]?.replace(/\r?\n$/, "")}${eol}${line}`;
  }
  return lines.join("");
}

/** Takes a table out, with the empty lines after it; comments before the next table stay. */
export function removeTable(text: string, slug: string): string {
  const lines = splitLines(text);
  const { header, end } = findTable(text, slug);
  if (header < 0) return text;
  const last = lines.findLastIndex((line, index) => index >= header && index < end && !/^(?:#.*)?$/.test(line.trim()));
  let next = last + 1;
  while (next < lines.length && lines[next]?.trim() === "") next += 1;
  return [...lines.slice(0, header), ...lines.slice(next)].join("");
}

/** Lines with their ends. */
const splitLines = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** Where a table begins, and the line after it. Texts of many lines are left out, as far as that can be told without a parser: callers compare what comes out. */
function findTable(text: string, slug: string): { header: number; end: number } {
  const lines = splitLines(text.replaceAll(/"""[\s\S]*?"""|'''[\s\S]*?'''/g, (found) => found.replaceAll(/[^\n]/g, "-")));
  const header = lines.findIndex((line) => new RegExp(`^\\s*\\[\\s*functions\\s*\\.\\s*(["']?)${slug}\\1\\s*\\]\\s*(?:#.*)?$`).test(line.trimEnd()));
  const next = lines.findIndex((line, index) => index > header && /^\s*\[/.test(line));
  return { header, end: next < 0 ? lines.length : next };
}
