import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import type { InstallPlan } from "./plan_install.ts";
import type { ProjectFiles } from "./project_files.ts";

/**
 * Makes the changes of a plan, one file after the other. Stopped anywhere, the next run plans what is left: the record is
 * written last.
 *
 * @throws HoldfastError HF910, HF923 when a file is not as it was when the plan was shown, HF925
 */
export function applyPlan(project: ProjectFiles, { changes }: InstallPlan): void {
  for (const { path, before } of changes) {
    const now = project.read(path);
    if (before === null ? now !== null : now === null || !now.equals(before)) {
      throw new HoldfastError("HF923", `${path} was changed while the question waited for an answer`, { hint: "Nothing was written. Run the command again." });
    }
  }
  for (const { path, after } of changes) {
    if (after === null) project.remove(path);
    else project.write(path, after);
  }
}
