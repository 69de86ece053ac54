import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { runInProcess } from "../../support/run_in_process.ts";
import { temporaryProject } from "../../support/temporary_project.ts";

describe("registerInit()", () => {
  it("registerInit() works on the folder it is given, and by default on this one", async () => {
    const { root } = temporaryProject();
    expect(JSON.parse((await runInProcess(["init", root, "--dry-run", "--json"])).stdout)).toMatchObject({ folder: root, installed_version: null });
    // The checkout is a Supabase project whose functions are somewhere else.
    expect(await runInProcess(["init", "--dry-run"])).toMatchObject({ code: 3, stdout: "", stderr: expect.stringMatching(/has a function [\w-]+ of its own \(HF922\)/) });
  });
  it("registerInit() refuses a folder that is no project with exit code 2, and says what makes it one", async () => {
    const folder = mkdtempSync(join(tmpdir(), "holdfast-none-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    expect(await runInProcess(["init", folder, "--yes"])).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(/HF920[^]*npx supabase init/) });
  });
  it("registerInit() knows no --replace-migrations, which needs something installed", async () => {
    expect(await runInProcess(["init", "--replace-migrations"])).toMatchObject({ code: 2 });
  });
});
