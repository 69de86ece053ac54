import { describe, expect, it } from "vitest";
import { TOOL_VERSION } from "../../../functions/_shared/tool_version.ts";
import { runInProcess } from "../../support/run_in_process.ts";
import { temporaryProject } from "../../support/temporary_project.ts";

const MIGRATION = /^supabase\/migrations\/\d{14}_holdfast\.sql$/;

describe("runInstall()", () => {
  it("runInstall() shows the changes and what is left to do, and the second time says that there is nothing to do and touches nothing", async () => {
    const project = temporaryProject();
    const first = await runInProcess(["init", project.root, "--yes"]);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toMatch(/^Holdfast \S+, new in .*\n\nadd +supabase\/holdfast\/_shared\/ +\d+ files, [\d,]+ lines\n[^]*\+\[functions\.export-backup\]\n[^]*\d+ files written\. Commit them, then:\n\n1\. Set the secrets/);
    const before = project.snapshot();
    expect(Object.keys(before).filter((path) => MIGRATION.test(path))).toHaveLength(1);
    for (const argv of [["init", project.root], ["init", project.root, "--yes", "--force"], ["upgrade", project.root, "--yes"]]) {
      expect(await runInProcess(argv)).toEqual({ code: 0, stdout: `Holdfast ${TOOL_VERSION} is up to date in ${project.root}.\n`, stderr: "" });
    }
    expect(project.snapshot()).toEqual(before);
  });
  it("runInstall() writes nothing on a dry run, and shows new files in full with --verbose", async () => {
    const project = temporaryProject();
    const before = project.snapshot();
    const { code, stdout } = await runInProcess(["init", project.root, "--dry-run"]);
    expect([code, stdout.endsWith("\nNothing was written.\n"), stdout.includes("create table")]).toEqual([0, true, false]);
    expect((await runInProcess(["init", project.root, "--dry-run", "--verbose"])).stdout).toMatch(/--- \/dev\/null\n\+\+\+ supabase\/migrations\/\d{14}_holdfast\.sql\n[^]*\n\+create table backup\.runs/);
    expect(project.snapshot()).toEqual(before);
  });
  it("runInstall() writes nothing where nobody says yes, shows what it would do, and exits with 3", async () => {
    const project = temporaryProject();
    const before = project.snapshot();
    const alone = await runInProcess(["init", project.root]);
    expect(alone).toMatchObject({ code: 3, stdout: expect.stringContaining("+[functions.export-backup]"), stderr: expect.stringMatching(/HF926[^]*Pass --yes/) });
    const declined = await runInProcess(["init", project.root], "n");
    expect(declined).toMatchObject({ code: 3, stderr: expect.stringMatching(/Change these \d+ files\?[^]*HF926/) });
    expect(project.snapshot()).toEqual(before);
    expect(await runInProcess(["init", project.root], "y")).toMatchObject({ code: 0 });
    expect(project.has("supabase/holdfast/holdfast.json")).toBe(true);
  });
  it("runInstall() prints one JSON object with --json, asks nobody, and says whether it wrote", async () => {
    const project = temporaryProject();
    const waiting = await runInProcess(["init", project.root, "--json"], "y");
    expect(waiting.code).toBe(3);
    expect(JSON.parse(waiting.stdout)).toMatchObject({ applied: false, up_to_date: false });
    expect(JSON.parse(waiting.stderr)).toMatchObject({ code: "HF926", hint: expect.stringContaining("--yes") });
    const written = JSON.parse((await runInProcess(["init", project.root, "--json", "--yes"])).stdout);
    expect(written).toEqual({
      folder: project.root, version: TOOL_VERSION, installed_version: null, up_to_date: false, applied: true, kept: [],
      changes: expect.arrayContaining([{ path: "supabase/config.toml", action: "change", lines: expect.any(Number) }, { path: "supabase/holdfast/deno.json", action: "add", lines: 13 }]),
      migrations: [{ release: expect.any(String), file: expect.stringMatching(/^\d{14}_holdfast\.sql$/), action: "add" }],
      next_steps: expect.arrayContaining([{ title: "Apply the migration", run: ["npx supabase db push --remote"], notes: expect.any(Array) }]),
    });
    expect(JSON.parse((await runInProcess(["init", project.root, "--json"])).stdout)).toMatchObject({ up_to_date: true, applied: false, installed_version: TOOL_VERSION, changes: [], next_steps: [] });
  });
  it("runInstall() lists what was edited and overwrites it only with --force", async () => {
    const project = temporaryProject();
    await runInProcess(["init", project.root, "--yes"]);
    const original = project.read("supabase/holdfast/deno.json");
    project.write("supabase/holdfast/deno.json", "{}\n");
    expect(await runInProcess(["init", project.root, "--yes"])).toMatchObject({ code: 0, stdout: expect.stringContaining("left alone:\n  supabase/holdfast/deno.json (edited)") });
    expect(project.read("supabase/holdfast/deno.json")).toBe("{}\n");
    expect(await runInProcess(["init", project.root, "--yes", "--force"])).toMatchObject({ code: 0, stdout: expect.stringContaining("-{}\n") });
    expect(project.read("supabase/holdfast/deno.json")).toBe(original);
  });
});
