import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, realpathSync, renameSync, rmdirSync, rmSync, type Stats, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import { INSTALL_FOLDER } from "./read_package.ts";

/** Where a file is written before it takes its name. One for all: what a killed command leaves is overwritten by the next. */
const DRAFT = `supabase/${INSTALL_FOLDER}/.draft`;
const INSIDE = "Holdfast writes only inside of the folder it is given.";

/** The files of one Supabase project. Paths are relative to it, with slashes; nothing outside of it is read or written. */
export class ProjectFiles {
  /** The folder, without symbolic links on the way. */
  readonly root: string;

  /** @throws HoldfastError HF920 when the folder is no Supabase project */
  constructor(folder: string) {
    const given = resolve(folder);
    const hint = `Run npx supabase init in the folder of your project, then holdfast init again; or name the right folder.`;
    if (statOf(given)?.isDirectory() !== true) throw new HoldfastError("HF920", `Folder ${given} does not exist`, { hint });
    this.root = realpathSync(given);
    if (statOf(join(this.root, "supabase/config.toml")) !== undefined) return;
    const above = parentsOf(this.root).find((parent) => statOf(join(parent, "supabase/config.toml")) !== undefined);
    throw new HoldfastError("HF920", `${given} is not a Supabase project: it has no supabase/config.toml`, {
      hint: above === undefined ? hint : `The project seems to be ${above}. Run the command there, or name that folder.`,
    });
  }

  /** What a file holds; null when there is none. @throws HoldfastError HF910, HF925 */
  read(path: string): Buffer | null {
    const place = this.#locate(path);
    const stats = statOf(place);
    if (stats === undefined) return null;
    if (!stats.isFile()) throw inTheWay(path, "a folder or a device", "a file");
    return this.#attempt("read", path, () => readFileSync(place));
  }

  /** Names in a folder; none when it does not exist. @throws HoldfastError HF910, HF925 */
  list(path: string): string[] {
    const place = this.#locate(path);
    const stats = statOf(place);
    if (stats === undefined) return [];
    if (!stats.isDirectory()) throw inTheWay(path, "a file", "a folder");
    return this.#attempt("read", path, () => readdirSync(place).sort());
  }

  /** Puts the whole file in its place at once, and keeps its permissions. @throws HoldfastError HF910, HF925 */
  write(path: string, content: Buffer): void {
    const place = this.#locate(path);
    const draft = this.#locate(DRAFT);
    this.#attempt("write", path, () => {
      mkdirSync(dirname(draft), { recursive: true });
      mkdirSync(dirname(place), { recursive: true });
      rmSync(draft, { force: true });
      writeFileSync(draft, content, { flag: "wx" });
      const stats = statOf(place);
      if (stats !== undefined) chmodSync(draft, stats.mode & 0o7777);
      renameSync(draft, place);
    });
  }

  /** Removes a file, and the folders that it leaves empty. @throws HoldfastError HF910, HF925 */
  remove(path: string): void {
    const place = this.#locate(path);
    this.#attempt("remove", path, () => {
      rmSync(place, { force: true });
      for (let folder = dirname(place); folder.startsWith(this.root + sep) && readdirSync(folder).length === 0; folder = dirname(folder)) rmdirSync(folder);
    });
  }

  /** Follows symbolic links inside of the project, as everything else does that reads them. */
  #locate(path: string): string {
    let place = this.root;
    const parts = path.split("/");
    for (const [at, part] of parts.entries()) {
      const sofar = parts.slice(0, at + 1).join("/");
      place = join(place, part);
      if (!this.#holds(place)) throw new HoldfastError("HF925", `${path} leads out of the project, to ${place}`, { hint: INSIDE });
      if (statOf(place, lstatSync)?.isSymbolicLink() === true) place = this.#follow(sofar, place);
      const stats = statOf(place);
      if (stats !== undefined && at < parts.length - 1 && !stats.isDirectory()) throw inTheWay(sofar, "a file", "a folder");
    }
    return place;
  }

  #follow(path: string, link: string): string {
    const hint = `${INSIDE} Put a folder or file in place of the link.`;
    const target = statOf(link) === undefined ? undefined : realpathSync(link);
    if (target === undefined) throw new HoldfastError("HF925", `${path} is a symbolic link to ${readlinkSync(link)}, which does not exist`, { hint });
    if (!this.#holds(target)) throw new HoldfastError("HF925", `${path} is a symbolic link that leads out of the project, to ${target}`, { hint });
    return target;
  }

  #holds(place: string): boolean {
    return place === this.root || place.startsWith(this.root.endsWith(sep) ? this.root : this.root + sep);
  }

  #attempt<T>(verb: string, path: string, task: () => T): T {
    try {
      return task();
    } catch (cause) {
      throw unusable(verb, `${path} in ${this.root}`, cause);
    }
  }
}

function unusable(verb: string, what: string, cause: unknown): HoldfastError {
  return new HoldfastError("HF910", `Cannot ${verb} ${what} (${codeOf(cause)})`, {
    cause, hint: "See who may do that, and whether the disk is full; then run the same command again: it goes on where it was stopped.",
  });
}

function inTheWay(path: string, found: string, wanted: string): HoldfastError {
  return new HoldfastError("HF925", `${path} is ${found}, where Holdfast needs ${wanted}`, { hint: "Move it out of the way, then run the command again." });
}

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : String(error));

/** Undefined where nothing is: also below a file, and behind a link that leads nowhere or to itself. */
function statOf(path: string, stat: (path: string) => Stats = statSync): Stats | undefined {
  try {
    return stat(path);
  } catch (cause) {
    if (["ENOENT", "ENOTDIR", "ELOOP"].includes(codeOf(cause))) return undefined;
    throw unusable("look at", path, cause);
  }
}

function parentsOf(folder: string): string[] {
  const parents: string[] = [];
  for (let at = dirname(folder); parents.at(-1) !== at; at = dirname(at)) parents.push(at);
  return parents;
}
