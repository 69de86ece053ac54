import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../stack/free_port.ts";
import { listFunctions } from "../../stack/functions/deno_command.ts";
import { type FunctionsHost, startFunctions } from "../../stack/functions/start_functions.ts";
import { ProcessRegister } from "../../stack/processes/process_register.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { declaredFunctions } from "../support/declared_functions.ts";
import { startFakeManagementApi } from "../support/fake_management_api.ts";
import { importClosure } from "../support/import_closure.ts";
import { installPackage } from "../support/installed_package.ts";
import { queryRows } from "../support/query_rows.ts";
import { REPOSITORY, runSupabase } from "../support/run_supabase.ts";
import { waitUntil } from "../support/wait_until.ts";

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a copy of the command in a folder, as somebody does who has it as a dependency. */
function run(command: string, argv: readonly string[], cwd: string, onStart?: (kill: () => void) => void): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...argv], { cwd, env: { PATH: process.env["PATH"] }, stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
    onStart?.(() => child.kill("SIGKILL"));
  });
}

const OWN_FILES = {
  "supabase/functions/_shared/greet.ts": 'export const greet = () => "hello";\n',
  "supabase/functions/hello/index.ts": 'import { greet } from "../_shared/greet.ts";\nDeno.serve(() => new Response(greet()));\n',
  "supabase/migrations/20261126120000_shop.sql": "create table public.orders (id bigint primary key);\n",
  "supabase/migrations/20261126130000_more.sql": "alter table public.orders enable row level security;\n",
};

let project: string;
let command: string;
let database: TestDatabase;
let configBefore: string;
const at = (path: string): string => join(project, path);
const migrations = (): string[] => readdirSync(at("supabase/migrations")).sort();
const push = () => runSupabase(["db", "push", `--remote=${database.url}`], { workdir: project });

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "holdfast-install-"));
  [command, database] = await Promise.all([installPackage(project), createTestDatabase()]);
  const created = await runSupabase(["init"], { workdir: project });
  if (created.status !== 0) throw new Error(created.stderr);
  for (const [path, text] of Object.entries(OWN_FILES)) {
    await mkdir(join(at(path), ".."), { recursive: true });
    await writeFile(at(path), text);
  }
  // As on Windows, with a function of its own, and with the comments of supabase init.
  configBefore = `${await readFile(at("supabase/config.toml"), "utf8")}\n[functions.hello]\nverify_jwt = false # public\n`.replaceAll("\n", "\r\n");
  await writeFile(at("supabase/config.toml"), configBefore);
  const pushed = await push();
  if (pushed.status !== 0) throw new Error(pushed.stderr);
}, 60_000);
afterAll(async () => {
  await database.drop();
  await rm(project, { recursive: true, force: true });
});

describe("holdfast init and upgrade", () => {
  it("init killed while it writes is completed by the next one, with one migration", async () => {
    const files = (): number => (existsSync(at("supabase/holdfast")) ? readdirSync(at("supabase/holdfast"), { recursive: true }).length : 0);
    await run(command, ["init", "--yes"], project, (kill) => void waitUntil(() => files() > 10, 50_000).then(kill));
    expect(files()).toBeGreaterThan(10);
    const completed = await run(command, ["init", "--yes"], project);
    expect(completed, completed.stderr).toMatchObject({ code: 0 });
    expect(migrations()).toEqual(["20261126120000_shop.sql", "20261126130000_more.sql", expect.stringMatching(/^\d{14}_holdfast\.sql$/)]);
  }, 60_000);

  it("init leaves every byte that was there", async () => {
    for (const [path, text] of Object.entries(OWN_FILES)) expect(await readFile(at(path), "utf8"), path).toBe(text);
    const after = await readFile(at("supabase/config.toml"), "utf8");
    expect(after.startsWith(configBefore)).toBe(true);
    expect(after.replaceAll("\r\n", "")).not.toContain("\n");
    expect(readdirSync(project).sort()).toEqual([".gitignore", "node_modules", "supabase"].filter((name) => existsSync(at(name))));
    expect(readdirSync(at("supabase")).filter((name) => !name.startsWith(".")).sort()).toEqual(["config.toml", "functions", "holdfast", "migrations"]);
  });

  it("functions deploy uploads the functions of both, exactly the files they import, without a warning", async () => {
    const api = await startFakeManagementApi();
    const result = await runSupabase(["functions", "deploy", "--use-api", "--remote=abcdefghijklmnopqrst"], { workdir: project, api });
    await api.close();
    expect(result, result.stderr).toMatchObject({ status: 0 });
    expect(result.stdout + result.stderr).not.toContain("WARN");
    expect(api.refusals).toEqual([]);
    const ours = declaredFunctions(REPOSITORY);
    expect([...api.deployments.keys()].sort()).toEqual(["hello", ...ours.map(({ slug }) => slug)].sort());
    for (const { slug, entrypoint, importMap } of ours) {
      const deployment = api.deployments.get(slug);
      const moved = (path: string): string => path.replace("functions/", "supabase/holdfast/");
      expect(deployment?.metadata, slug).toMatchObject({ entrypoint_path: moved(entrypoint), import_map_path: moved(importMap), verify_jwt: false });
      // The same files as the checkout deploys, which another test holds to the size of a bundle.
      const expected = [...(await importClosure(REPOSITORY, entrypoint)), importMap];
      expect([...(deployment?.files.keys() ?? [])].sort(), slug).toEqual(expected.map(moved).sort());
      for (const path of expected) expect(deployment?.files.get(moved(path))?.toString("utf8").trimEnd(), path).toBe((await readFile(join(REPOSITORY, path), "utf8")).trimEnd());
    }
  });

  it("db push applies the migration after those that the database has, once", async () => {
    const name = migrations().at(-1) ?? "";
    const applied = await push();
    expect(applied, applied.stderr).toMatchObject({ status: 0, stderr: expect.stringContaining(`Applying migration ${name}`) });
    expect(await push()).toMatchObject({ status: 0, stdout: expect.stringContaining("Remote database is up to date.") });
    expect(await queryRows(database.url, "select name from supabase_migrations.schema_migrations order by version")).toEqual([{ name: "shop" }, { name: "more" }, { name: "holdfast" }]);
  });

  it("db push would refuse the name that the package has, so the test before would see it", async () => {
    const workdir = await mkdtemp(join(tmpdir(), "holdfast-order-"));
    try {
      await cp(at("supabase"), join(workdir, "supabase"), { recursive: true });
      await writeFile(join(workdir, "supabase/migrations/20261123000000_early.sql"), "select 1;\n");
      const { status, stdout, stderr } = await runSupabase(["db", "push", `--remote=${database.url}`], { workdir });
      expect([status === 0, /include-all/.test(stdout + stderr)]).toEqual([false, true]);
    } finally {
      await rm(workdir, { recursive: true, force: true });
    }
  });

  describe("the functions as installed", () => {
    let host: FunctionsHost;
    beforeAll(async () => {
      // Deno fetches nothing here: it takes npm packages from node_modules, and which ones from this file.
      await cp(join(REPOSITORY, "package.json"), at("package.json"));
      host = await startFunctions({
        functionsDir: at("supabase/holdfast"), host: "127.0.0.1", port: await freePort("127.0.0.1", 56_300), register: new ProcessRegister(join(project, "processes")),
        env: { SUPABASE_DB_URL: database.url, SUPABASE_SECRET_KEYS: '{"default":"sb_secret_test"}' },
      });
    }, 60_000);
    afterAll(() => host.stop());

    it("every installed function boots under Deno and turns a stranger away", async () => {
      const slugs = listFunctions(at("supabase/holdfast"));
      expect(slugs).toEqual(declaredFunctions(REPOSITORY).map(({ slug }) => slug).sort());
      for (const slug of slugs) {
        const response = await fetch(`${host.url}/${slug}`, { method: "POST", body: "{}" });
        // HF103 where it answers GET only: either is an answer of ours, and not of a host that could not start it.
        expect([slug, await response.json()]).toMatchObject([slug, { code: expect.stringMatching(/^HF10[13]$/) }]);
      }
    });
    it("backup-status answers from the migrated database", async () => {
      const response = await fetch(`${host.url}/backup-status`, { headers: { apikey: "sb_secret_test" } });
      expect([response.status, await response.json()]).toMatchObject([200, { health: "never_ran" }]);
    });
  });

  describe("upgrade to a later release", () => {
    let later: string;
    beforeAll(async () => {
      const folder = at("node_modules/later");
      await cp(at("node_modules/holdfast"), folder, { recursive: true });
      later = join(folder, "cli/holdfast.mjs");
      const text = await readFile(join(folder, "package.json"), "utf8");
      await writeFile(join(folder, "package.json"), text.replace(/"version": "[^"]+"/, '"version": "9.9.9"'));
      await writeFile(join(folder, "supabase/migrations/20991231000000_holdfast_9_9_9.sql"),
        "create or replace function backup.version() returns text language sql immutable set search_path = '' as $$ select '9.9.9' $$;\n");
      await writeFile(join(folder, "functions/_shared/tool_version.ts"), '/** Version of this tool. */\nexport const TOOL_VERSION = "9.9.9";\n');
    });

    it("upgrade adds the new migration alone, changes what changed, and db push brings the database along", async () => {
      const before = migrations();
      const upgraded = await run(later, ["upgrade", "--yes"], project);
      expect(upgraded, upgraded.stderr).toMatchObject({ code: 0, stdout: expect.stringMatching(/to 9\.9\.9 in [^]*\+export const TOOL_VERSION = "9\.9\.9";/) });
      expect(migrations()).toEqual([...before, expect.stringMatching(/^\d{14}_holdfast_9_9_9\.sql$/)]);
      const pushed = await push();
      expect(pushed, pushed.stderr).toMatchObject({ status: 0 });
      expect(pushed.stderr.match(/Applying migration/g)).toHaveLength(1);
      expect(await queryRows(database.url, "select backup.version() as version")).toEqual([{ version: "9.9.9" }]);
    });
    it("an older version refuses to go back, by name", async () => {
      expect(await run(command, ["upgrade", "--yes", "--force"], project)).toMatchObject({ code: 3, stdout: "", stderr: expect.stringContaining("The project has Holdfast 9.9.9") });
    });
  });
});
