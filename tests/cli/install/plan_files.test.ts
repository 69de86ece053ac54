import { describe, expect, it } from "vitest";
import { contentHash } from "../../../cli/install/content_hash.ts";
import { planFiles } from "../../../cli/install/plan_files.ts";
import { ProjectFiles } from "../../../cli/install/project_files.ts";
import { samplePackage } from "../../support/sample_package.ts";
import { temporaryProject } from "../../support/temporary_project.ts";

const OLD = { "a.ts": "old\n", "b.ts": "same\n" };
const NEW = { "a.ts": "new\n", "b.ts": "same\n" };
const recordOf = (files: Record<string, string>) => ({
  version: "1.0.0", migrations: [], functions: {}, files: Object.fromEntries(Object.entries(files).map(([path, text]) => [path, contentHash(Buffer.from(text))])),
});
/** The plan for a project that was installed with OLD and now holds `files`. */
function plan(files: Record<string, string>, given: { wanted?: Record<string, string>; recorded?: Record<string, string> | null; force?: boolean } = {}) {
  const { root } = temporaryProject(Object.fromEntries(Object.entries(files).map(([path, text]) => [`supabase/holdfast/${path}`, text])));
  const record = given.recorded === null ? null : recordOf(given.recorded ?? OLD);
  const { changes, kept, conflicts, recorded } = planFiles(new ProjectFiles(root), samplePackage({ files: given.wanted ?? NEW }), record, given.force ?? false);
  const name = (path: string) => path.replace("supabase/holdfast/", "");
  return { changes: changes.map(({ path, after }) => `${after === null ? "remove" : String(after).trim()} ${name(path)}`), kept: kept.map(({ path, reason }) => `${name(path)}: ${reason}`), conflicts: conflicts.map(name), recorded };
}

describe("planFiles()", () => {
  it("planFiles() adds every file to a project that has none, and records them", () => {
    expect(plan({}, { recorded: null })).toEqual({ changes: ["new a.ts", "same b.ts"], kept: [], conflicts: [], recorded: recordOf(NEW).files });
  });
  it("planFiles() follows the package where a file is as it was installed, with other line ends too", () => {
    expect(plan(OLD)).toMatchObject({ changes: ["new a.ts"], conflicts: [] });
    expect(plan({ ...OLD, "a.ts": "old\r\n" })).toMatchObject({ changes: ["new a.ts"], conflicts: [] });
    expect(plan({ ...NEW, "b.ts": "same\r\n" })).toMatchObject({ changes: [], kept: [], conflicts: [] });
  });
  it("planFiles() goes on where a run was stopped: files that are there already are not written again", () => {
    expect(plan(NEW)).toMatchObject({ changes: [], conflicts: [] });
    expect(plan({ "a.ts": "new\n" }, { recorded: null })).toMatchObject({ changes: ["same b.ts"], conflicts: [] });
  });
  it("planFiles() keeps an edited file that the package has not changed, and still knows it as edited", () => {
    expect(plan({ ...OLD, "b.ts": "mine\n" })).toMatchObject({ changes: ["new a.ts"], kept: ["b.ts: edited"], conflicts: [], recorded: recordOf(NEW).files });
  });
  it("planFiles() calls an edited file a conflict that the package has changed, and a file nobody recorded", () => {
    expect(plan({ ...OLD, "a.ts": "mine\n" })).toMatchObject({ changes: [], conflicts: ["a.ts"] });
    expect(plan({ "a.ts": "mine\n" }, { recorded: null })).toMatchObject({ conflicts: ["a.ts"] });
  });
  it("planFiles() overwrites both with force", () => {
    expect(plan({ "a.ts": "mine\n", "b.ts": "mine\n" }, { force: true })).toMatchObject({ changes: ["new a.ts", "same b.ts"], kept: [], conflicts: [] });
  });
  it("planFiles() removes what the package no longer has, unless it was edited", () => {
    expect(plan(OLD, { wanted: { "b.ts": "same\n" } })).toMatchObject({ changes: ["remove a.ts"], kept: [], recorded: recordOf({ "b.ts": "same\n" }).files });
    const edited = { ...OLD, "a.ts": "mine\n" };
    expect(plan(edited, { wanted: { "b.ts": "same\n" } })).toMatchObject({ changes: [], kept: ["a.ts: edited, and no longer part of Holdfast"], recorded: recordOf(OLD).files });
    expect(plan(edited, { wanted: { "b.ts": "same\n" }, force: true })).toMatchObject({ changes: ["remove a.ts"], kept: [] });
    expect(plan({ "b.ts": "same\n" }, { wanted: { "b.ts": "same\n" } })).toMatchObject({ changes: [], kept: [], recorded: recordOf({ "b.ts": "same\n" }).files });
  });
});
