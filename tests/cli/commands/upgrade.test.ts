import { describe, expect, it } from "vitest";
import { contentHash } from "../../../cli/install/content_hash.ts";
import { runInProcess } from "../../support/run_in_process.ts";
import { temporaryProject } from "../../support/temporary_project.ts";

describe("registerUpgrade()", () => {
  it("registerUpgrade() refuses a project without Holdfast", async () => {
    const { root } = temporaryProject();
    expect(await runInProcess(["upgrade", root, "--yes"])).toMatchObject({ code: 3, stdout: "", stderr: expect.stringMatching(/HF924[^]*holdfast init/) });
  });
  it("registerUpgrade() says of a migration that was rewritten since what to do, and replaces it when told", async () => {
    const project = temporaryProject();
    await runInProcess(["init", project.root, "--yes"]);
    const name = Object.keys(project.snapshot()).find((path) => path.endsWith("_holdfast.sql")) ?? "";
    const current = project.read(name);
    project.write(name, "-- an older build\n");
    const record = JSON.parse(project.read("supabase/holdfast/holdfast.json"));
    record.migrations[0].sha256 = contentHash(Buffer.from("-- an older build\n"));
    project.write("supabase/holdfast/holdfast.json", JSON.stringify(record));
    expect(await runInProcess(["upgrade", project.root, "--yes"])).toMatchObject({ code: 3, stderr: expect.stringMatching(/HF924[^]*--replace-migrations[^]*drop schema backup cascade/) });
    expect(await runInProcess(["upgrade", project.root, "--yes", "--replace-migrations"])).toMatchObject({ code: 0, stdout: expect.stringContaining("db push") });
    expect(project.read(name)).toBe(current);
  });
});
