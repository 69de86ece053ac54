import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import { formatCount } from "../../functions/_shared/report/format_quantity.ts";
import type { Palette } from "../palette.ts";
import { formatColumns } from "../format_columns.ts";
import { RECORD_PATH } from "./install_record.ts";
import type { FileChange, InstallPlan } from "./plan_install.ts";

/** Lines around ours may hold secrets of other services, so they are not shown. */
const CONFIG_PATH = "supabase/config.toml";
/** A longer diff of one file is summarised, unless it is asked for. */
const MOST_LINES = 80;
/** New files are summed up by their folder from this depth on, as supabase/holdfast/<slug>/. */
const FOLDER_DEPTH = 3;

/** What a plan changes, for people: a list, then unified diffs. */
export function formatPlan({ changes, kept }: InstallPlan, palette: Palette, verbose: boolean): string {
  const diffs = changes.flatMap((change) => diffOf(change, verbose)).map((text) => paint(text, palette));
  return [
    ...(changes.length === 0 ? [] : [formatColumns(summarise(changes))]),
    ...(kept.length === 0 ? [] : [["Edited in this project, and left alone:", ...kept.map(({ path, reason }) => `  ${path} (${reason})`)].join("\n")]),
    ...diffs,
  ].join("\n\n");
}

/** How many lines a text has, whether or not the last one is ended. */
export function countLines(content: Buffer | null): number {
  const text = content?.toString("utf8") ?? "";
  return text === "" ? 0 : text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}

export const actionOf = ({ before, after }: FileChange): "add" | "change" | "remove" => (after === null ? "remove" : before === null ? "add" : "change");

function summarise(changes: readonly FileChange[]): string[][] {
  const rows = new Map<string, { action: string; path: string; files: number; lines: number }>();
  for (const change of changes) {
    const action = actionOf(change);
    const parts = change.path.split("/");
    const folder = action === "add" && parts.length > FOLDER_DEPTH ? `${parts.slice(0, FOLDER_DEPTH).join("/")}/` : change.path;
    const row = rows.get(`${action} ${folder}`) ?? { action, path: folder, files: 0, lines: 0 };
    rows.set(`${action} ${folder}`, { ...row, files: row.files + 1, lines: row.lines + countLines(change.after ?? change.before) });
  }
  return [...rows.values()].map(({ action, path, files, lines }) =>
    [action, path, `${path.endsWith("/") ? `${count(files, "file")}, ` : ""}${count(lines, "line")}`]);
}

const count = (number: number, noun: string): string => `${formatCount(number)} ${noun}${number === 1 ? "" : "s"}`;

/** The unified diff of a change; of new files and the record only when everything is asked for. */
function diffOf(change: FileChange, verbose: boolean): string[] {
  const action = actionOf(change);
  if (!verbose && (action !== "change" || change.path === RECORD_PATH)) return [];
  const config = change.path === CONFIG_PATH;
  const text = (content: Buffer | null): string => (config ? withLineEnds(content) : content?.toString("utf8") ?? "");
  const patch = createTwoFilesPatch(action === "add" ? "/dev/null" : change.path, action === "remove" ? "/dev/null" : change.path,
    text(change.before), text(change.after), undefined, undefined, { context: config ? 0 : 3, headerOptions: FILE_HEADERS_ONLY }).trimEnd();
  const lines = patch.split("\n").slice(2);
  if (verbose || lines.length <= MOST_LINES) return [patch];
  const starting = (sign: string): number => lines.filter((line) => line.startsWith(sign)).length;
  return [`${patch.split("\n").slice(0, 2).join("\n")}\n  ${count(starting("+"), "line")} added, ${formatCount(starting("-"))} removed; --verbose shows them`];
}

/** A last line of config.toml that is given its line end is not shown as changed. */
const withLineEnds = (content: Buffer | null): string => `${(content?.toString("utf8") ?? "").replaceAll("\r\n", "\n").replace(/\n$/, "")}\n`;

function paint(patch: string, palette: Palette): string {
  return patch.split("\n").map((line, at) => {
    if (at < 2) return palette.bold(line);
    if (line.startsWith("@@")) return palette.dim(line);
    return line.startsWith("+") ? palette.good(line) : line.startsWith("-") ? palette.bad(line) : line;
  }).join("\n");
}
