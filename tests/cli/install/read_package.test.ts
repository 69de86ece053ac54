import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PACKAGE_ROOT, readPackage } from "../../../cli/install/read_package.ts";
import { TOOL_VERSION } from "../../../functions/_shared/tool_version.ts";
import { declaredFunctions } from "../../support/declared_functions.ts";
import { REPOSITORY } from "../../support/run_supabase.ts";
import { temporaryProject } from "../../support/temporary_project.ts";

const CONFIG = '[functions.one]\nentrypoint = "../functions/one/index.ts"\nimport_map = "../functions/deno.json"\nverify_jwt = false\n';

describe("readPackage()", () => {
  it("readPackage() finds every function, with its settings moved to where it is installed", () => {
    expect(join(PACKAGE_ROOT)).toBe(REPOSITORY);
    const { version, functions } = readPackage();
    expect(version).toBe(TOOL_VERSION);
    expect(Object.fromEntries(functions)).toEqual(Object.fromEntries(declaredFunctions(REPOSITORY).map(({ slug, entrypoint, verifyJwt }) =>
      [slug, { entrypoint: entrypoint.replace("functions/", "./holdfast/"), import_map: "./holdfast/deno.json", verify_jwt: verifyJwt }])));
  });
  it("readPackage() brings what functions import and no more", () => {
    const { files } = readPackage();
    expect([...files.keys()]).toEqual(expect.arrayContaining(["deno.json", "export-backup/index.ts", "_shared/http/authorize.ts", "_shared/prove/holdfast_migration.ts"]));
    expect([...files.keys()].filter((path) => /(?:^|\/)(?:prove_key|export_backup|restore_backup)\.ts$/.test(path)), "modules of the command").toEqual([]);
  });
  it("readPackage() lists migrations in order, and takes no other file for one", () => {
    const { root } = temporaryProject({
      "package.json": '{"version":"1.2.3"}', "supabase/config.toml": CONFIG, "functions/one/index.ts": "", "functions/deno.json": "{}",
      "supabase/migrations/20270101000000_b.sql": "b", "supabase/migrations/20260101000000_a.sql": "a", "supabase/migrations/README.md": "",
    });
    expect(readPackage(root).migrations.map(({ release, content }) => [release, String(content)])).toEqual([["20260101000000_a.sql", "a"], ["20270101000000_b.sql", "b"]]);
  });
  it("readPackage() refuses a function outside of functions/", () => {
    const { root } = temporaryProject({ "package.json": '{"version":"1.2.3"}', "supabase/config.toml": CONFIG.replace("../functions/one", "../other/one"), "other/one/index.ts": "", "functions/deno.json": "{}" });
    expect(() => readPackage(root)).toThrow("other/one/index.ts is not below functions/");
  });
});
