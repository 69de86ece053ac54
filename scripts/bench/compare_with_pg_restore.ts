import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { withClient } from "../../functions/_shared/database/connect.ts";
import { applyMigrations } from "../../stack/apply_migrations.ts";
import { freePort } from "../../stack/free_port.ts";
import { startCluster } from "../../stack/postgres/start_cluster.ts";
import { ProcessRegister } from "../../stack/processes/process_register.ts";
import { bundleChild } from "./bundle_child.ts";
import { cpuByPart } from "./cpu_seconds.ts";
import { makeData } from "./make_data.ts";
import { median } from "./median.ts";
import { startStorage } from "./start_storage.ts";

const exec = promisify(execFile);
const BIN = "/usr/lib/postgresql/15/bin";

interface Restored {
  phases: Record<string, number>;
  verdict: string;
  rows: number;
  cpuSeconds: number;
  peakMb: number;
}

/**
 * pg_restore -j2 of a pg_dump and a restore of an export of the same data, in turn, into the same server: the system's
 * PostgreSQL 15. The proof and ANALYZE, which pg_restore does not do, are told apart.
 */
export async function compareWithPgRestore(options: { dir: string; bytes: number; rounds: number; workers: number }): Promise<void> {
  if (!existsSync(join(BIN, "pg_restore"))) throw new TypeError(`${BIN}/pg_restore is missing: apt-get install postgresql-15`);
  const dir = join(options.dir, "restore");
  mkdirSync(dir);
  chmodSync(dir, 0o755);
  const host = "127.0.0.1";
  const cluster = await startCluster({
    dir, flavor: "system", host, port: await freePort(host, 56_600), register: new ProcessRegister(join(dir, "pids")),
    settings: { shared_buffers: "512MB", max_wal_size: "8GB", maintenance_work_mem: "256MB" },
  });
  const [exportChild, restoreChild] = [await bundleChild("export_child"), await bundleChild("restore_child")];
  const { child, env } = await startStorage(join(dir, "s3"));
  try {
    const url = cluster.url("postgres", "postgres");
    await applyMigrations(url);
    await makeData(url, options.bytes, true);
    const dump = join(dir, "pg_dump");
    await exec(join(BIN, "pg_dump"), ["-Fd", "-j2", "-Z1", "-n", "bench", "-f", dump, url]);
    await exec(process.execPath, [exportChild, url, String(options.workers)], { env: { ...process.env, ...env } });
    const fresh = async (name: string): Promise<string> => {
      await withClient(url, { applicationName: "holdfast bench" }, async (client) => {
        await client.query(`drop database if exists ${name} with (force)`);
        await client.query(`create database ${name} template template0`);
      });
      return cluster.url("postgres", name);
    };
    const ratios: number[] = [];
    const proofs: number[] = [];
    let peakMb = 0;
    const serverPid = Number(readFileSync(join(cluster.dataDir, "postmaster.pid"), "utf8").split("\n")[0]);
    const cpu = () => cpuByPart(serverPid, child.pid ?? 0);
    for (let round = 1; round <= options.rounds; round += 1) {
      const theirs = await fresh("bench_theirs");
      const before = cpu();
      const started = performance.now();
      await exec(join(BIN, "pg_restore"), ["-j2", "-d", theirs, dump]);
      const seconds = (performance.now() - started) / 1000;
      const between = cpu();
      await fresh("bench_theirs");
      const { stdout } = await exec(process.execPath, [restoreChild, await fresh("bench_ours"), String(options.workers)], { env: { ...process.env, ...env } });
      const after = cpu();
      const ours = JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}") as Restored;
      const { prove = 0, analyze = 0, ...rest } = ours.phases;
      const restored = Object.values(rest).reduce((sum, one) => sum + one, 0);
      ratios.push(restored / seconds);
      proofs.push(prove / (restored + analyze));
      peakMb = Math.max(peakMb, ours.peakMb);
      console.log(`round ${round}: pg_restore ${seconds.toFixed(1)} s, restore ${restored.toFixed(1)} s, ratio ${(restored / seconds).toFixed(2)}; analyze ${analyze.toFixed(1)} s, proof ${prove.toFixed(1)} s (${ours.verdict}); command: ${ours.cpuSeconds.toFixed(1)} CPU s, peak ${ours.peakMb.toFixed(0)} MB`);
      console.log(`  ${Object.entries(ours.phases).map(([phase, time]) => `${phase} ${time.toFixed(1)} s`).join(", ")}; ${ours.rows} rows`);
      console.log(`  CPU s: pg_restore ${(between.own - before.own).toFixed(1)} + server ${(between.server - before.server).toFixed(1)}; `
        + `restore with proof ${ours.cpuSeconds.toFixed(1)} + server ${(after.server - between.server).toFixed(1)} + object storage ${(after.storage - between.storage).toFixed(1)}`);
    }
    console.log(`restore / pg_restore -j2, median of ${options.rounds}: ${median(ratios).toFixed(2)}; proof / restore with analyze: ${median(proofs).toFixed(2)}; command peak memory ${peakMb.toFixed(0)} MB`);
  } finally {
    child.kill("SIGTERM");
    await cluster.stop("immediate");
  }
}
