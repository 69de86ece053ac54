import { isDeepStrictEqual } from "node:util";
import { parse, TomlError, type TomlTable } from "smol-toml";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import { addTables, removeTable, setKeys } from "./config_text.ts";
import { type FunctionSettings, SETTING_KEYS } from "./function_settings.ts";

export interface ConfigRequest {
  /** By slug: what is to be declared. */
  wanted: ReadonlyMap<string, FunctionSettings>;
  /** By slug: what was declared when Holdfast was installed. */
  recorded: ReadonlyMap<string, FunctionSettings>;
  /** Overwrite what the user changed. */
  force: boolean;
  /** Whether supabase/functions/ has a folder of this name. */
  hasFolder(slug: string): boolean;
}

export interface ConfigEdit {
  text: string;
  /** Functions whose settings the user changed, and which stay that way. */
  kept: string[];
  /** Functions whose settings the user changed, and which this version wants to change too. */
  conflicts: string[];
}

const PATH = "supabase/config.toml";

/**
 * config.toml with the functions of Holdfast declared: every other byte stays. What comes out is parsed and compared, so
 * that nothing is returned that differs from what went in by more than our keys.
 *
 * @throws HoldfastError HF921 when it cannot be edited, HF922 when somebody else has a function of that name
 */
export function editConfig(before: string, request: ConfigRequest): ConfigEdit {
  const { wanted, recorded, force } = request;
  const declared = functionsOf(parseConfigToml(before, "is not valid TOML"));
  const edit: ConfigEdit = { text: before, kept: [], conflicts: [] };
  const missing = new Map<string, FunctionSettings>();
  for (const [slug, settings] of wanted) {
    const found = declared[slug];
    if (found === undefined) {
      if (!recorded.has(slug) && request.hasFolder(slug)) throw taken(slug, `supabase/functions/${slug}`);
      missing.set(slug, settings);
    } else if (!recorded.has(slug) && !isOurs(found, settings)) {
      throw taken(slug, `[functions.${slug}] in ${PATH}`);
    } else if (!holds(found, settings)) {
      const base = recorded.get(slug);
      if (force || (base !== undefined && holds(found, base))) edit.text = setKeys(edit.text, slug, changedKeys(found, settings));
      else if (base !== undefined && isDeepStrictEqual(base, settings)) edit.kept.push(slug);
      else edit.conflicts.push(slug);
    }
  }
  for (const [slug, settings] of recorded) {
    const found = declared[slug];
    if (wanted.has(slug) || found === undefined) continue;
    if (force || holds(found, settings)) edit.text = removeTable(edit.text, slug);
    else edit.kept.push(slug);
  }
  edit.text = addTables(edit.text, missing);
  prove(before, edit, request);
  return edit;
}

/** @throws HoldfastError HF921 */
function parseConfigToml(text: string, problem: string): TomlTable {
  try {
    return parse(text);
  } catch (cause) {
    throw new HoldfastError("HF921", `${PATH} ${problem}`, {
      detail: describe(cause), hint: "Correct it there and run the command again. Nothing was written.",
    });
  }
}

/** The place and the first line of what the parser says: it goes on with the lines of the file, which may hold secrets. */
function describe(error: unknown): string | undefined {
  return error instanceof TomlError ? `Line ${error.line}, column ${error.column}: ${error.message.split("\n")[0]?.replace("Invalid TOML document: ", "")}.` : undefined;
}

const isTable = (value: unknown): value is TomlTable => typeof value === "object" && value !== null && !Array.isArray(value);

/** The tables below [functions], without those of the user's that are written in a way that makes them none. */
function functionsOf(document: TomlTable): Record<string, TomlTable> {
  const { functions } = document;
  return isTable(functions) ? Object.fromEntries(Object.entries(functions).flatMap(([slug, table]) => (isTable(table) ? [[slug, table]] : []))) : {};
}

const changedKeys = (found: TomlTable, settings: FunctionSettings): Partial<FunctionSettings> =>
  Object.fromEntries(SETTING_KEYS.filter((key) => found[key] !== settings[key]).map((key) => [key, settings[key]]));

const holds = (found: TomlTable, settings: FunctionSettings): boolean => SETTING_KEYS.every((key) => found[key] === settings[key]);

/** Left by an earlier run that was stopped before it could record anything. */
const isOurs = ({ entrypoint }: TomlTable, settings: FunctionSettings): boolean =>
  typeof entrypoint === "string" && entrypoint.replace(/^\.\//, "") === settings.entrypoint.replace(/^\.\//, "");

function taken(slug: string, where: string): HoldfastError {
  return new HoldfastError("HF922", `This project has a function ${slug} of its own`, {
    detail: `Found ${where}; Holdfast brings a function of that name.`,
    hint: "Rename yours, its folder and its table in config.toml, deploy it under the new name, then run the command again. "
      + "If it is Holdfast, copied by hand: take its table or folder out, and run the command again. Nothing was written.",
  });
}

/** Compares the parsed documents without our keys, and our keys with what they are to be. @throws HoldfastError HF921 */
function prove(before: string, { text, kept, conflicts }: ConfigEdit, { wanted, recorded }: ConfigRequest): void {
  if (text === before) return;
  const slugs = new Set([...wanted.keys(), ...recorded.keys()]);
  const after = parseConfigToml(text, "holds its functions in a form that no table can be added to");
  const declared = functionsOf(after);
  const untouched = (slug: string): boolean => kept.includes(slug) || conflicts.includes(slug);
  const wrong = [...slugs].filter((slug) => {
    const settings = wanted.get(slug);
    return !untouched(slug) && (settings === undefined ? declared[slug] !== undefined : !holds(declared[slug] ?? {}, settings));
  });
  const removed = new Set([...slugs].filter((slug) => !wanted.has(slug) && !untouched(slug)));
  if (wrong.length === 0 && isDeepStrictEqual(withoutOurs(parse(before), slugs, removed), withoutOurs(after, slugs, removed))) return;
  throw new HoldfastError("HF921", `${PATH} cannot be edited without touching more than the functions of Holdfast`, {
    detail: wrong.length === 0 ? undefined : `Not as expected afterwards: ${wrong.join(", ")}.`,
    hint: "Write each function as a table of its own, [functions.<name>], one key a line. Nothing was written.",
  });
}

function withoutOurs(document: TomlTable, slugs: ReadonlySet<string>, removed: ReadonlySet<string>): TomlTable {
  const rest: TomlTable = {};
  for (const [slug, table] of Object.entries(functionsOf(document))) {
    if (removed.has(slug)) continue;
    const own = Object.fromEntries(Object.entries(table).filter(([key]) => !slugs.has(slug) || !SETTING_KEYS.some((ours) => ours === key)));
    if (!slugs.has(slug) || Object.keys(own).length > 0) rest[slug] = own;
  }
  const { functions, ...others } = document;
  // What is no table below functions, and what functions is when it is none itself, has to stay as well.
  const odd = isTable(functions) ? Object.entries(functions).filter(([, value]) => !isTable(value)) : functions ?? [];
  return { others, odd, functions: rest };
}
