import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { declaredFunctions } from "../support/declared_functions.ts";
import { startFakeManagementApi } from "../support/fake_management_api.ts";
import type { FakeManagementApi } from "../support/fake_management_api.ts";
import { bundleSize, importClosure } from "../support/import_closure.ts";
import { REPOSITORY, runSupabase } from "../support/run_supabase.ts";
import type { SupabaseResult } from "../support/run_supabase.ts";

const FIXTURE = join(import.meta.dirname, "../fixtures/deploy");
const SERVER_BUNDLE_LIMIT = 5 * 1024 * 1024;

async function deploy(workdir: string): Promise<{ api: FakeManagementApi; result: SupabaseResult }> {
  const api = await startFakeManagementApi();
  const result = await runSupabase(["functions", "deploy", "--use-api", "--remote=abcdefghijklmnopqrst"], { workdir, api });
  await api.close();
  return { api, result };
}

describe.each([["a small project", FIXTURE], ["this repository", REPOSITORY]])("functions deploy of %s", (_, workdir) => {
  let api: FakeManagementApi;
  let result: SupabaseResult;
  beforeAll(async () => ({ api, result } = await deploy(workdir)), 30_000);

  it("functions deploy uploads every declared function without a warning", () => {
    expect(result, result.stderr).toMatchObject({ status: 0 });
    expect(result.stdout + result.stderr).not.toContain("WARN");
    expect(api.refusals).toEqual([]);
    expect([...api.deployments.keys()].sort()).toEqual(declaredFunctions(workdir).map(({ slug }) => slug).sort());
  });

  it("functions deploy uploads exactly the files each function imports, and its import map", async () => {
    for (const { slug, entrypoint, importMap, verifyJwt } of declaredFunctions(workdir)) {
      const deployment = api.deployments.get(slug);
      expect([...(deployment?.files.keys() ?? [])].sort(), slug).toEqual([...(await importClosure(workdir, entrypoint)), importMap].sort());
      expect(deployment?.metadata, slug).toMatchObject({ entrypoint_path: entrypoint, import_map_path: importMap, verify_jwt: verifyJwt });
      for (const [path, bytes] of deployment?.files ?? []) {
        expect(bytes.toString("utf8").trimEnd(), path).toBe((await readFile(join(workdir, path), "utf8")).trimEnd());
      }
    }
  });

  it("functions deploy stays below the size a server-side bundle may have", async () => {
    for (const { slug, entrypoint } of declaredFunctions(workdir)) {
      expect(await bundleSize(workdir, entrypoint), slug).toBeLessThan(SERVER_BUNDLE_LIMIT);
    }
  });
});

describe("functions deploy of a broken project", () => {
  let workdir: string;
  beforeAll(async () => {
    workdir = await mkdtemp(join(tmpdir(), "holdfast-deploy-"));
    await cp(FIXTURE, workdir, { recursive: true });
  });
  afterAll(() => rm(workdir, { recursive: true, force: true }));

  it("functions deploy warns about a file that does not exist, so the first test would see it", async () => {
    await writeFile(join(workdir, "functions/echo/index.ts"), 'import "../_shared/missing.ts";\n');
    const { result } = await deploy(workdir);
    expect(result.stdout + result.stderr).toContain("WARN");
  });

  it("functions deploy leaves out a file imported without its extension, so the second test would see it", async () => {
    await writeFile(join(workdir, "functions/echo/index.ts"), 'import "../_shared/farewell";\n');
    const { api } = await deploy(workdir);
    expect(await importClosure(workdir, "functions/echo/index.ts")).toContain("functions/_shared/farewell.ts");
    expect(api.deployments.get("echo")?.files.has("functions/_shared/farewell.ts")).toBe(false);
  });
});
