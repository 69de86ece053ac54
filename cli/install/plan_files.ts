import { contentHash } from "./content_hash.ts";
import type { InstallRecord } from "./install_record.ts";
import type { FileChange, Kept } from "./plan_install.ts";
import type { ProjectFiles } from "./project_files.ts";
import { type HoldfastPackage, INSTALL_FOLDER } from "./read_package.ts";

export interface FilesPlan {
  changes: FileChange[];
  kept: Kept[];
  /** Files the user changed and this version has other contents for. */
  conflicts: string[];
  recorded: InstallRecord["files"];
}

/**
 * The code of the functions: what is missing is added, what is as it was installed follows the package, what the user
 * edited stays as long as the package has not changed it.
 */
export function planFiles(project: ProjectFiles, pkg: HoldfastPackage, record: InstallRecord | null, force: boolean): FilesPlan {
  const plan: FilesPlan = { changes: [], kept: [], conflicts: [], recorded: {} };
  const installed = record?.files ?? {};
  for (const [name, after] of pkg.files) {
    const path = `supabase/${INSTALL_FOLDER}/${name}`;
    const before = project.read(path);
    const [found, wanted, base] = [before === null ? null : contentHash(before), contentHash(after), installed[name]];
    plan.recorded[name] = wanted;
    if (found === wanted) continue;
    if (found === null || found === base || force) plan.changes.push({ path, before, after });
    else if (base === wanted) plan.kept.push({ path, reason: "edited" });
    else plan.conflicts.push(path);
  }
  for (const [name, base] of Object.entries(installed)) {
    if (pkg.files.has(name)) continue;
    const path = `supabase/${INSTALL_FOLDER}/${name}`;
    const before = project.read(path);
    if (before === null) continue;
    if (contentHash(before) === base || force) plan.changes.push({ path, before, after: null });
    else {
      plan.kept.push({ path, reason: "edited, and no longer part of Holdfast" });
      plan.recorded[name] = base;
    }
  }
  return plan;
}
