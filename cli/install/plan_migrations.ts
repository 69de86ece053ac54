import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import { contentHash } from "./content_hash.ts";
import { type InstallRecord, RECORD_PATH } from "./install_record.ts";
import { MIGRATION_NAME, nameMigrations } from "./name_migrations.ts";
import type { FileChange, InstalledMigration, InstallOptions, Kept } from "./plan_install.ts";
import type { ProjectFiles } from "./project_files.ts";
import { PUSH_COMMAND } from "./push_command.ts";
import type { HoldfastPackage, PackagedMigration } from "./read_package.ts";

export interface MigrationsPlan {
  changes: FileChange[];
  kept: Kept[];
  migrations: InstalledMigration[];
  recorded: InstallRecord["migrations"];
}

const FOLDER = "supabase/migrations";
const CREATES_SCHEMA = /^\s*create\s+schema\s+(?:if\s+not\s+exists\s+)?"?backup"?\s*(?:;|authorization\b)/im;

/**
 * The migrations of every release that the project does not have yet, named to run after all that it has. One that is
 * there keeps its name and its text for good: databases have applied it.
 *
 * @throws HoldfastError HF922 when another migration creates schema backup, HF924 when an installed one was rewritten since
 */
export function planMigrations(project: ProjectFiles, pkg: HoldfastPackage, record: InstallRecord | null, options: InstallOptions): MigrationsPlan {
  const existing = project.list(FOLDER).filter((name) => MIGRATION_NAME.test(name));
  const plan: MigrationsPlan = { changes: [], kept: [], migrations: [], recorded: [] };
  const missing: PackagedMigration[] = [];
  for (const packaged of pkg.migrations) {
    const installed = record?.migrations.find(({ release }) => release === packaged.release);
    // An earlier run that was stopped has left it without a record.
    const file = installed?.file ?? existing.find((name) => hashOf(project, name) === contentHash(packaged.content));
    if (file === undefined) missing.push(packaged);
    else keep(plan, project, packaged, { file, base: installed?.sha256 ?? contentHash(packaged.content) }, options);
  }
  if (plan.recorded.length === 0) checkSchemaIsFree(project, existing);
  const names = nameMigrations(missing.map(({ release }) => release), existing, options.now);
  for (const [at, { release, content }] of missing.entries()) {
    const file = names[at]!;
    plan.changes.push({ path: `${FOLDER}/${file}`, before: null, after: content });
    plan.migrations.push({ release, file, action: "add" });
    plan.recorded.push({ release, file, sha256: contentHash(content) });
  }
  return plan;
}

function keep(plan: MigrationsPlan, project: ProjectFiles, { release, content }: PackagedMigration, { file, base }: { file: string; base: string }, options: InstallOptions): void {
  const path = `${FOLDER}/${file}`;
  const before = project.read(path);
  const [found, wanted] = [before === null ? null : contentHash(before), contentHash(content)];
  plan.recorded.push({ release, file, sha256: wanted });
  if (found !== wanted && base !== wanted && !(options.replaceMigrations && (found === base || options.force))) throw rewritten(file, found !== base && options.replaceMigrations);
  const replace = found !== wanted && (base !== wanted || options.force);
  plan.migrations.push({ release, file, action: replace ? "replace" : "keep" });
  if (replace) plan.changes.push({ path, before, after: content });
  else if (found === null) plan.kept.push({ path, reason: "not there any more" });
  else if (found !== wanted) plan.kept.push({ path, reason: "edited" });
}

const hashOf = (project: ProjectFiles, name: string): string => contentHash(project.read(`${FOLDER}/${name}`) ?? Buffer.alloc(0));

function checkSchemaIsFree(project: ProjectFiles, existing: readonly string[]): void {
  const taken = existing.find((name) => CREATES_SCHEMA.test(project.read(`${FOLDER}/${name}`)?.toString("utf8") ?? ""));
  if (taken === undefined) return;
  throw new HoldfastError("HF922", `Migration ${taken} creates a schema backup, and is none that this version of Holdfast carries`, {
    hint: `Holdfast needs that name. If the migration is of another build of Holdfast, bring ${RECORD_PATH} back from version control and run holdfast upgrade, or remove the migration if no database has it.`,
  });
}

function rewritten(file: string, edited: boolean): HoldfastError {
  const version = file.replace(/_.*/, "");
  return new HoldfastError("HF924", `Migration ${file} was installed from a build of Holdfast that was rewritten before its release`, {
    detail: edited ? "It was edited in this project as well, so that --replace-migrations alone does not replace it; add --force." : undefined,
    hint: "No database that has it can be upgraded in place. Run holdfast upgrade --replace-migrations to replace the file under its name; then, for every database that has applied it: drop schema backup cascade "
      + `(the backups in the bucket stay), npx supabase migration repair --remote --status reverted ${version}, and ${PUSH_COMMAND}.`,
  });
}
