import { describe, expect, it } from "vitest";
import { applyPlan } from "../../../cli/install/apply_plan.ts";
import type { FileChange } from "../../../cli/install/plan_install.ts";
import { ProjectFiles } from "../../../cli/install/project_files.ts";
import { temporaryProject } from "../../support/temporary_project.ts";

const change = (path: string, before: string | null, after: string | null): FileChange => ({ path, before: before === null ? null : Buffer.from(before), after: after === null ? null : Buffer.from(after) });
const planOf = (...changes: FileChange[]) => ({ installed: null, version: "1.0.0", kept: [], migrations: [], changes });

describe("applyPlan()", () => {
  it("applyPlan() adds, changes and removes", () => {
    const project = temporaryProject({ "supabase/b": "old", "supabase/c": "old" });
    applyPlan(new ProjectFiles(project.root), planOf(change("supabase/a", null, "new"), change("supabase/b", "old", "new"), change("supabase/c", "old", null)));
    expect([project.read("supabase/a"), project.read("supabase/b"), project.has("supabase/c")]).toEqual(["new", "new", false]);
  });
  it.each([["changed", "supabase/b", "other"], ["removed", "supabase/b", null], ["made", "supabase/a", "theirs"]])("applyPlan() writes nothing when a file was %s since the plan was shown", (_, path, text) => {
    const project = temporaryProject({ "supabase/b": "old" });
    if (text === null) project.remove(path);
    else project.write(path, text);
    const before = project.snapshot();
    expect(() => applyPlan(new ProjectFiles(project.root), planOf(change("supabase/0", null, "new"), change("supabase/a", null, "new"), change("supabase/b", "old", "new")))).toThrow(
      expect.objectContaining({ code: "HF923", message: expect.stringContaining(path) }));
    expect(project.snapshot()).toEqual(before);
  });
});
