import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Manifest } from "../../../functions/_shared/export/manifest.ts";
import { type BareCluster, startBareCluster } from "../../support/bare_cluster.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { problemsOf, type RestoreBench, startRestoreBench } from "../../support/e2e_restore.ts";
import { queryRows } from "../../support/query_rows.ts";

let bench: RestoreBench;
let bare: BareCluster;
let source: TestDatabase;
let manifest: Manifest;
beforeAll(async () => {
  [bench, bare, source] = await Promise.all([startRestoreBench(), startBareCluster("embedded"), createTestDatabase({ seeded: true })]);
  manifest = await bench.backUp(source.url);
}, 60_000);
afterAll(async () => {
  await bench.close();
  await bare.stop();
  await source.drop();
});

describe("registerRestore()", () => {
  it("registerRestore() restores the clinic into an empty PostgreSQL, proves it and says where the proof is", async () => {
    const url = await bare.createDatabase();
    const outcome = await bench.holdfast("restore", "--from", "latest", "--to", url, "--json");
    const result = JSON.parse(outcome.stdout || "{}") as Record<string, unknown>;
    expect({ code: outcome.code, stderr: outcome.stderr }).toEqual({ code: 0, stderr: "" });
    expect(result).toMatchObject({
      run_id: manifest.run_id, verdict: "passed", rows: manifest.totals.rows, tables: manifest.totals.tables, lost: [],
      proof_key: expect.stringContaining(`/${manifest.run_id}/proofs/`), proof: { scope: "full" },
      phase_seconds: { data: expect.any(Number), schema_after: expect.any(Number), prove: expect.any(Number) },
    });
    // Nothing of the restore stays behind, and statistics are there.
    expect(await queryRows(url, "select from pg_namespace where nspname = 'holdfast_restore'")).toEqual([]);
    expect(await queryRows(url, "select from pg_class where relname = 'visits_2026_05' and reltuples > 0")).toHaveLength(1);
    const verified = await bench.holdfast("restore", "--from", "latest-verified", "--to", await bare.createDatabase(), "--dry-run", "--json");
    expect(JSON.parse(verified.stdout)).toMatchObject({ run_id: manifest.run_id, rows: manifest.totals.rows });
  }, 90_000);

  it("registerRestore() prints a plan and writes nothing", async () => {
    const url = await bare.createDatabase();
    const { code, stdout } = await bench.holdfast("restore", "--from", manifest.run_id, "--to", url, "--dry-run");
    expect(code).toBe(0);
    for (const expected of ["create table public.visits", "public.visits_2026_05:", "create index", "Nothing was written"]) expect(stdout).toContain(expected);
    expect(await queryRows(url, "select from pg_namespace where nspname !~ '^pg_' and nspname not in ('public', 'information_schema')")).toEqual([]);
  }, 60_000);

  it("registerRestore() refuses the source, and a database that has tables unless it is named", async () => {
    expect(await bench.holdfast("restore", "--from", "latest", "--to", source.url)).toMatchObject({ code: 3, stderr: expect.stringContaining("was backed up") });
    const url = await bare.createDatabase();
    await queryRows(url, "create table public.mine (id int); insert into public.mine values (1)");
    expect(await bench.holdfast("restore", "--from", "latest", "--to", url)).toMatchObject({ code: 3, stderr: expect.stringContaining("public.mine") });
    const named = await bench.holdfast("restore", "--from", "latest", "--to", url, "--only", "public.species", "--into-existing", new URL(url).pathname.slice(1));
    expect(named.stderr).toContain("HF508");
  }, 60_000);

  it("registerRestore() says what it needs before it looks anywhere", async () => {
    expect((await bench.holdfast("restore", "--to", "postgresql://x@127.0.0.1:1/x")).code).toBe(2);
    expect((await bench.holdfast("restore", "--from", "latest")).code).toBe(2);
    expect((await bench.holdfast("restore", "--from", "latest", "--to", "postgresql://x@127.0.0.1:1/x", "--data-only", "--schema-only")).code).toBe(2);
    expect(await bench.holdfast("restore", "--from", "20200101T000000Z-000000", "--to", await bare.createDatabase())).toMatchObject({ code: 3, stderr: expect.stringContaining("HF500") });
  });
});

describe("restoreBackup()", () => {
  // The clinic has been restored as a whole; these are about what stays and what continues, and rows only take their time.
  beforeAll(async () => {
    await queryRows(source.url, `truncate public.audit_log, public."Pet Weights", public.lab_results, public.prescriptions, public.vaccinations, public.invoice_lines cascade`);
    manifest = await bench.backUp(source.url);
  }, 60_000);

  it("restoreBackup() restores one table with what it needs, beside what is there", async () => {
    const url = await bare.createDatabase();
    await queryRows(url, "create table public.mine (id int)");
    const result = await bench.restore(url, { tables: ["public.invoices"], intoExisting: new URL(url).pathname.slice(1) });
    expect(result.proof?.verdict, JSON.stringify(problemsOf(result))).toBe("passed");
    expect(result.tables.map((one) => one.name)).toEqual(["invoices"]);
    expect(await queryRows(url, "select relname from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace order by 1")).toEqual([{ relname: "invoices" }, { relname: "mine" }]);
    expect(result.proofKey).toBeNull();
  }, 60_000);

  it("restoreBackup() restores schema and rows in two calls", async () => {
    const url = await bare.createDatabase();
    const schema = await bench.restore(url, { options: { schemaOnly: true, prove: false } });
    expect(schema.tables).toEqual([]);
    expect(await queryRows(url, "select from public.owners")).toEqual([]);
    const rows = await bench.restore(url, { intoExisting: new URL(url).pathname.slice(1), options: { dataOnly: true } });
    expect(rows.proof?.verdict, JSON.stringify(problemsOf(rows))).toBe("passed");
  }, 90_000);

  it("registerRestore() killed in three phases goes on each time and ends in the proven state", async () => {
    const url = await bare.createDatabase();
    // Read in the target, as a machine may be through with everything in any number of seconds.
    const reached = [
      "select from holdfast_restore.restore",
      "select from holdfast_restore.chunks having count(*) >= 5",
      "select from holdfast_restore.restore where phase in ('schema_after', 'cron_jobs', 'analyze', 'prove')",
    ];
    for (const sql of reached) {
      const child = spawn(process.execPath, [join(import.meta.dirname, "../../../cli/holdfast.mjs"), "restore", "--from", "latest", "--to", url, "--json"],
        { env: { PATH: process.env["PATH"], ...bench.env }, cwd: "/tmp", stdio: "ignore", detached: true });
      const exit = once(child, "exit");
      while (child.exitCode === null && (await queryRows(url, sql).catch(() => [])).length === 0) await sleep(5);
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
      expect(await exit, sql).toEqual([null, "SIGKILL"]);
    }
    const result = await bench.restore(url);
    expect(result.proof?.verdict, JSON.stringify(problemsOf(result))).toBe("passed");
    await expect(bench.restore(url)).rejects.toMatchObject({ code: "HF502" });
  }, 120_000);
});
