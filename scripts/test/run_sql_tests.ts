import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withClient } from "../../functions/_shared/database/connect.ts";
import { applyMigrations } from "../../stack/apply_migrations.ts";
import { freePort } from "../../stack/free_port.ts";
import { startCluster } from "../../stack/postgres/start_cluster.ts";
import { ProcessRegister } from "../../stack/processes/process_register.ts";
import { REPO_ROOT } from "../../stack/repo_root.ts";
import { hasPgProve } from "../run_pg_prove.ts";
import { runPgtap } from "../run_pgtap.ts";

/**
 * Runs tests/sql on a new cluster with the migrations applied, as `supabase test db` does on its own database: through
 * pg_prove where it is installed, else with the project's runner. Returns how many assertions passed and failed.
 */
export async function runSqlTests(print: (line: string) => void): Promise<{ passed: number; failed: number }> {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-sql-"));
  chmodSync(dir, 0o755);
  const host = "127.0.0.1";
  const cluster = await startCluster({ dir, host, port: await freePort(host, 56_000), register: new ProcessRegister(join(dir, "pids")) });
  try {
    const databaseUrl = cluster.url("postgres", "postgres");
    await applyMigrations(databaseUrl);
    // As `supabase test db` does before it runs the files.
    await withClient(databaseUrl, { applicationName: "holdfast test" }, (client) =>
      client.query("create extension if not exists pgtap with schema extensions"));
    let last = "";
    const code = await runPgtap({
      databaseUrl, paths: [join(REPO_ROOT, "tests", "sql")], runner: hasPgProve() ? "pg_prove" : "own",
      print: (line) => {
        last = line;
        if (!/^ok /.test(line)) print(line);
      },
    });
    const [, passed = "0", failed = "0"] = /^(\d+) passed, (\d+) failed$/.exec(last) ?? [];
    return { passed: Number(passed), failed: code === 0 ? Number(failed) : Math.max(1, Number(failed)) };
  } finally {
    await cluster.stop("immediate");
    rmSync(dir, { recursive: true, force: true });
  }
}
