import { describe, expect, it } from "vitest";
import { applyPlan } from "../../../cli/install/apply_plan.ts";
import { RECORD_PATH } from "../../../cli/install/install_record.ts";
import { planInstall, type InstallOptions } from "../../../cli/install/plan_install.ts";
import { ProjectFiles } from "../../../cli/install/project_files.ts";
import type { HoldfastPackage } from "../../../cli/install/read_package.ts";
import { samplePackage } from "../../support/sample_package.ts";
import { type TemporaryProject, temporaryProject } from "../../support/temporary_project.ts";

const FIRST = samplePackage();
const LATER = samplePackage({
  version: "1.1.0", functions: ["one", "three"],
  files: { "_shared/a.ts": "export const A = 2;\n", "one/index.ts": 'import "../_shared/a.ts";\n', "three/index.ts": "export {};\n", "deno.json": "{}\n" },
  migrations: { "20260101000000_holdfast.sql": "create schema if not exists backup;\n", "20270101000000_holdfast_1_1_0.sql": "select 1;\n" },
});
const plan = ({ root }: TemporaryProject, pkg: HoldfastPackage, mode: InstallOptions["mode"] = "init", given: Partial<InstallOptions> = {}) =>
  planInstall(new ProjectFiles(root), pkg, { mode, force: false, replaceMigrations: false, now: new Date("2026-11-27T10:00:00Z"), ...given });
const apply = (project: TemporaryProject, ...rest: [HoldfastPackage, InstallOptions["mode"]?, Partial<InstallOptions>?]) => applyPlan(new ProjectFiles(project.root), plan(project, ...rest));

describe("planInstall()", () => {
  it("planInstall() installs once and then has nothing to do, whoever asks", () => {
    const project = temporaryProject();
    const first = plan(project, FIRST);
    expect(first).toMatchObject({ installed: null, version: "1.0.0", migrations: [{ file: "20261127100000_holdfast.sql", action: "add" }] });
    expect(first.changes.map(({ path }) => path).slice(-2), "what declares the files comes after them, and the record last").toEqual(["supabase/config.toml", RECORD_PATH]);
    apply(project, FIRST);
    for (const mode of ["init", "upgrade"] as const) expect(plan(project, FIRST, mode)).toMatchObject({ installed: "1.0.0", changes: [], kept: [] });
  });
  it.each(Array.from({ length: 5 }, (_, at) => at + 1))("planInstall() completes what was stopped after %i files, to the same result", (count) => {
    const [whole, stopped] = [temporaryProject(), temporaryProject()];
    for (const project of [whole, stopped]) apply(project, FIRST);
    apply(whole, LATER, "upgrade");
    const half = plan(stopped, LATER, "upgrade");
    expect(half.changes.length).toBeGreaterThan(count);
    applyPlan(new ProjectFiles(stopped.root), { ...half, changes: half.changes.slice(0, count) });
    apply(stopped, LATER, "upgrade", { now: new Date("2026-11-27T11:00:00Z") });
    const texts = (project: TemporaryProject) => Object.entries(project.snapshot()).map(([path, text]) => [path.replace(/\d{14}/, ""), text.replace(/^\d+ /, "").replaceAll(/20261127\d{6}/g, "")]).sort();
    expect(texts(stopped)).toEqual(texts(whole));
    expect(plan(stopped, LATER, "upgrade").changes).toEqual([]);
  });
  it("planInstall() completes a first installation that was stopped anywhere", () => {
    const { changes } = plan(temporaryProject(), FIRST);
    for (const count of changes.keys()) {
      const project = temporaryProject();
      const whole = plan(project, FIRST);
      applyPlan(new ProjectFiles(project.root), { ...whole, changes: whole.changes.slice(0, count) });
      apply(project, FIRST, "init", { now: new Date("2026-11-27T11:00:00Z") });
      expect(plan(project, FIRST).changes, `stopped after ${count}`).toEqual([]);
      expect(Object.keys(project.snapshot()).filter((path) => path.endsWith(".sql"))).toHaveLength(1);
    }
  });
  it("planInstall() upgrades: a new migration, changed and new files, a function less", () => {
    const project = temporaryProject();
    apply(project, FIRST);
    const before = project.read("supabase/migrations/20261127100000_holdfast.sql");
    apply(project, LATER, "upgrade", { now: new Date("2026-11-28T10:00:00Z") });
    expect([project.read("supabase/migrations/20261127100000_holdfast.sql"), project.read("supabase/migrations/20261128100000_holdfast_1_1_0.sql")]).toEqual([before, "select 1;\n"]);
    expect([project.has("supabase/holdfast/two"), project.has("supabase/holdfast/three/index.ts"), project.read("supabase/holdfast/_shared/a.ts")]).toEqual([false, true, "export const A = 2;\n"]);
    expect(project.read("supabase/config.toml").match(/^\[functions\.\w+\]/gm)?.sort()).toEqual(["[functions.one]", "[functions.three]"]);
    expect(JSON.parse(project.read(RECORD_PATH))).toMatchObject({ version: "1.1.0", migrations: [{ file: "20261127100000_holdfast.sql" }, { file: "20261128100000_holdfast_1_1_0.sql" }] });
  });
  it("planInstall() leaves a mixture of two versions to nobody: one conflict refuses everything with HF923, by name", () => {
    const project = temporaryProject();
    apply(project, FIRST);
    project.write("supabase/holdfast/_shared/a.ts", "// mine\n");
    project.write("supabase/config.toml", project.read("supabase/config.toml").replace("./holdfast/one/index.ts", "./mine.ts"));
    const moved = { ...LATER, functions: new Map([...LATER.functions].map(([slug, settings]) => [slug, { ...settings, verify_jwt: true }])) };
    expect(() => plan(project, moved, "upgrade")).toThrow(expect.objectContaining({ code: "HF923", detail: "supabase/holdfast/_shared/a.ts, supabase/config.toml [functions.one]", hint: expect.stringContaining("--force") }));
    expect(plan(project, moved, "upgrade", { force: true }).kept).toEqual([]);
  });
  it("planInstall() lists edits that can stay, and does not call that something to do", () => {
    const project = temporaryProject();
    apply(project, FIRST);
    project.write("supabase/holdfast/_shared/a.ts", "// mine\n");
    project.write("supabase/config.toml", project.read("supabase/config.toml").replace("verify_jwt = false", "verify_jwt = true"));
    const kept = [{ path: "supabase/holdfast/_shared/a.ts", reason: "edited" }, { path: "supabase/config.toml [functions.one]", reason: "edited" }];
    expect(plan(project, FIRST)).toMatchObject({ changes: [], kept });
    apply(project, FIRST, "init", { force: true });
    expect(plan(project, FIRST)).toMatchObject({ changes: [], kept: [] });
  });
  it("planInstall() refuses with HF924 to upgrade what is not there, to init what is older, and to go back", () => {
    const project = temporaryProject();
    const refused = (message: string, hint: string) => expect.objectContaining({ code: "HF924", message: expect.stringContaining(message), hint: expect.stringContaining(hint) });
    expect(() => plan(project, FIRST, "upgrade")).toThrow(refused("is not installed", "holdfast init"));
    apply(project, FIRST);
    expect(() => plan(project, LATER)).toThrow(refused("Holdfast 1.0.0 is installed", "holdfast upgrade"));
    expect(() => plan(project, samplePackage({ files: { ...Object.fromEntries([...FIRST.files].map(([path, text]) => [path, String(text)])), "deno.json": "{ }\n" } })), "another build of the same version").toThrow(refused("with other contents", "holdfast upgrade"));
    apply(project, LATER, "upgrade");
    for (const mode of ["init", "upgrade"] as const) {
      for (const force of [false, true]) {
        expect(() => plan(project, FIRST, mode, { force })).toThrow(refused("The project has Holdfast 1.1.0, and this is 1.0.0", "version 1.1.0"));
        expect(() => plan(project, { ...FIRST, version: "1.1.0" }, mode, { force }), "a migration it does not know").toThrow(refused("older version", "version 1.1.0"));
      }
    }
  });
  it("planInstall() refuses to go back to a version with the same migrations too", () => {
    const project = temporaryProject();
    apply(project, { ...FIRST, version: "1.0.1" });
    expect(() => plan(project, FIRST, "upgrade", { force: true })).toThrow(expect.objectContaining({ code: "HF924", message: expect.stringContaining("1.0.1, and this is 1.0.0") }));
  });
  it("planInstall() refuses a config.toml that is not UTF-8 with HF921", () => {
    const project = temporaryProject();
    new ProjectFiles(project.root).write("supabase/config.toml", Buffer.from([0x61, 0x3d, 0x22, 0xff, 0x22]));
    expect(() => plan(project, FIRST)).toThrow(expect.objectContaining({ code: "HF921", message: expect.stringContaining("UTF-8") }));
  });
  it("planInstall() only reads", () => {
    const project = temporaryProject();
    const before = project.snapshot();
    plan(project, FIRST);
    expect(project.snapshot()).toEqual(before);
  });
});
