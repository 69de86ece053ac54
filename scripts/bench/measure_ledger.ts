import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import { connect } from "../../functions/_shared/database/connect.ts";
import { applyMigrations } from "../../stack/apply_migrations.ts";
import { freePort } from "../../stack/free_port.ts";
import { startCluster } from "../../stack/postgres/start_cluster.ts";
import { ProcessRegister } from "../../stack/processes/process_register.ts";
import { cpuSeconds } from "./cpu_seconds.ts";
import { fillLedger } from "./fill_ledger.ts";
import { median } from "./median.ts";

const QUESTIONS = {
  "backup.status": "select * from backup.status",
  "backup.metrics": "select * from backup.metrics",
  "backup.settle_alerts()": "select backup.settle_alerts()",
  "backup.tick()": "select backup.tick()",
  "backup.retention_plan()": "select * from backup.retention_plan()",
};

/** How long what is asked each minute takes with years of ledger, then how long clearing it takes. */
export async function measureLedger(options: { dir: string; runs: number; rounds: number }): Promise<void> {
  const dir = join(options.dir, "ledger");
  mkdirSync(dir);
  chmodSync(dir, 0o755);
  const host = "127.0.0.1";
  const cluster = await startCluster({ dir, flavor: "embedded", host, port: await freePort(host, 56_900), register: new ProcessRegister(join(dir, "pids")) });
  try {
    const url = cluster.url("postgres", "postgres");
    await applyMigrations(url);
    const client = await connect(url, { applicationName: "holdfast bench" });
    try {
      await fillLedger(client, options.runs);
      const { rows: [size] } = await client.query<{ rows: string; mb: string }>(
        "select sum(n_live_tup) as rows, sum(pg_total_relation_size(relid)) / 1048576 as mb from pg_stat_user_tables where schemaname = 'backup'");
      console.log(`ledger: ${options.runs} runs, ${size?.rows ?? "?"} rows, ${Math.round(Number(size?.mb))} MiB`);
      for (const [name, sql] of Object.entries(QUESTIONS)) await measure(client, name, sql, options.rounds);
      await client.query("update backup.runs set state = 'complete', objects_deleted_at = null where state = 'expired'");
      await client.query("analyze backup.runs");
      console.log("with every run that did not fail still in the bucket:");
      for (const [name, sql] of Object.entries(QUESTIONS)) await measure(client, name, sql, options.rounds);
      await client.query("update backup.runs set state = 'expired', objects_deleted_at = finished_at where state = 'complete' and snapshot_at < now() - interval '20 days'");
      for (let more = true; more;) {
        const started = performance.now();
        const { rows: [row] } = await client.query<{ pruned: Record<string, number | boolean> }>("select backup.prune_ledger() as pruned");
        const { more: left, ...counts } = row?.pruned ?? {};
        more = left === true;
        console.log(`backup.prune_ledger(): ${Object.values(counts).reduce<number>((sum, one) => sum + Number(one), 0)} rows in ${Math.round(performance.now() - started)} ms`);
      }
    } finally {
      await client.end();
    }
  } finally {
    await cluster.stop("immediate");
  }
}

async function measure(client: Client, name: string, sql: string, rounds: number): Promise<void> {
  const { rows: [session] } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  const times: number[] = [];
  const cpu = cpuSeconds(session?.pid ?? 0);
  for (let round = 0; round < Math.max(10, rounds); round += 1) {
    const started = performance.now();
    await client.query(sql);
    times.push(performance.now() - started);
  }
  const used = (1000 * (cpuSeconds(session?.pid ?? 0) - cpu)) / times.length;
  console.log(`  ${name.padEnd(24)} ${median(times).toFixed(1).padStart(7)} ms (${Math.min(...times).toFixed(1)} to ${Math.max(...times).toFixed(1)}), CPU ${used.toFixed(1)} ms`);
}
