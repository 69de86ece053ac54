import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import { compareVersions } from "./compare_versions.ts";
import { editConfig } from "./edit_config.ts";
import { type InstallRecord, parseInstallRecord, RECORD_PATH, renderInstallRecord } from "./install_record.ts";
import { planFiles } from "./plan_files.ts";
import { planMigrations } from "./plan_migrations.ts";
import type { ProjectFiles } from "./project_files.ts";
import type { HoldfastPackage } from "./read_package.ts";

/** A file that is to be written or removed. `before` and `after` are null where there is no file. */
export interface FileChange {
  /** Relative to the project. */
  readonly path: string;
  readonly before: Buffer | null;
  readonly after: Buffer | null;
}

/** Something of Holdfast that the user changed and that stays as it is. */
export interface Kept {
  readonly path: string;
  readonly reason: string;
}

export interface InstalledMigration {
  readonly release: string;
  readonly file: string;
  readonly action: "keep" | "add" | "replace";
}

export interface InstallPlan {
  /** The version the project has; null when it has none. */
  readonly installed: string | null;
  readonly version: string;
  /** In the order they have to be made; the last one records the others. Empty: the project is up to date. */
  readonly changes: readonly FileChange[];
  readonly kept: readonly Kept[];
  readonly migrations: readonly InstalledMigration[];
}

export interface InstallOptions {
  /** `init` brings a first version and repairs it, `upgrade` brings another one. */
  readonly mode: "init" | "upgrade";
  /** Overwrite what the user edited. */
  readonly force: boolean;
  /** Replace, under its name, a migration that was rewritten before its release. */
  readonly replaceMigrations: boolean;
  readonly now: Date;
}

const CONFIG_PATH = "supabase/config.toml";

/**
 * What has to change in a project so that it has this version of Holdfast. Reads only.
 *
 * @throws HoldfastError HF910, HF921, HF922, HF923, HF924, HF925; then nothing can be changed
 */
export function planInstall(project: ProjectFiles, pkg: HoldfastPackage, options: InstallOptions): InstallPlan {
  const recordText = project.read(RECORD_PATH);
  const record = recordText === null ? null : parseInstallRecord(recordText.toString("utf8"));
  checkVersion(record, pkg, options.mode);

  const files = planFiles(project, pkg, record, options.force);
  const migrations = planMigrations(project, pkg, record, options);
  const config = planConfig(project, pkg, record, options.force);
  const conflicts = [...files.conflicts, ...config.conflicts];
  if (conflicts.length > 0) {
    throw new HoldfastError("HF923", `${conflicts.length === 1 ? "A file was" : `${conflicts.length} files were`} edited, and version ${pkg.version} has other contents for ${conflicts.length === 1 ? "it" : "them"}`, {
      detail: conflicts.join(", "),
      hint: "Nothing was written. Undo the edits, or overwrite them with --force; --force --dry-run --verbose shows what would be lost.",
    });
  }

  const next: InstallRecord = { version: pkg.version, migrations: migrations.recorded, functions: config.recorded, files: files.recorded };
  const rendered = Buffer.from(renderInstallRecord(next));
  const changes = [...files.changes, ...migrations.changes, ...config.changes];
  const sameRecord = record !== null && renderInstallRecord(record) === rendered.toString("utf8");
  if (!sameRecord) changes.push({ path: RECORD_PATH, before: recordText, after: rendered });
  if (options.mode === "init" && record !== null && !sameRecord) throw wantsUpgrade(record);
  return { installed: record?.version ?? null, version: pkg.version, changes, kept: [...files.kept, ...migrations.kept, ...config.kept], migrations: migrations.migrations };
}

function checkVersion(record: InstallRecord | null, pkg: HoldfastPackage, mode: InstallOptions["mode"]): void {
  if (record === null) {
    if (mode === "init") return;
    throw new HoldfastError("HF924", "Holdfast is not installed in this project", { hint: `There is no ${RECORD_PATH}. Run holdfast init.` });
  }
  const unknown = record.migrations.filter(({ release }) => !pkg.migrations.some((one) => one.release === release));
  if (compareVersions(record.version, pkg.version) > 0 || unknown.length > 0) {
    throw new HoldfastError("HF924", `The project has Holdfast ${record.version}, and this is ${pkg.version}: an older version does not replace a newer one`, {
      detail: unknown.length === 0 ? undefined : `Migrations this version does not know: ${unknown.map(({ file }) => file).join(", ")}.`,
      hint: `Use version ${record.version} or a newer one of the command. Nothing was written.`,
    });
  }
  if (mode === "init" && record.version !== pkg.version) throw wantsUpgrade(record);
}

function wantsUpgrade(record: InstallRecord): HoldfastError {
  return new HoldfastError("HF924", `Holdfast ${record.version} is installed in this project already, with other contents than this one's`, {
    hint: "Run holdfast upgrade. Nothing was written.",
  });
}

function planConfig(project: ProjectFiles, pkg: HoldfastPackage, record: InstallRecord | null, force: boolean): {
  changes: FileChange[]; kept: Kept[]; conflicts: string[]; recorded: InstallRecord["functions"];
} {
  const content = project.read(CONFIG_PATH);
  if (content === null) throw new HoldfastError("HF920", `${CONFIG_PATH} is gone`, { hint: "Run npx supabase init." });
  const before = decode(content);
  const recorded = record?.functions ?? {};
  const folders = new Set(project.list("supabase/functions"));
  const edit = editConfig(before, { wanted: pkg.functions, recorded: new Map(Object.entries(recorded)), force, hasFolder: (slug) => folders.has(slug) });
  return {
    changes: edit.text === before ? [] : [{ path: CONFIG_PATH, before: content, after: Buffer.from(edit.text) }],
    kept: edit.kept.map((slug) => ({ path: `${CONFIG_PATH} [functions.${slug}]`, reason: "edited" })),
    conflicts: edit.conflicts.map((slug) => `${CONFIG_PATH} [functions.${slug}]`),
    recorded: {
      ...Object.fromEntries(edit.kept.flatMap((slug) => (recorded[slug] === undefined ? [] : [[slug, recorded[slug]]]))),
      ...Object.fromEntries([...pkg.functions].filter(([slug]) => !edit.kept.includes(slug))),
    },
  };
}

function decode(content: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch (cause) {
    throw new HoldfastError("HF921", `${CONFIG_PATH} is not UTF-8`, { cause, hint: "TOML has to be. Save it as UTF-8 and run the command again." });
  }
}
