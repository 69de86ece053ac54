import { type ChildProcess, execFile } from "node:child_process";
import { existsSync, readFileSync, rmSync, chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
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
const PG_DUMP = "/usr/lib/postgresql/15/bin/pg_dump";

interface Measured {
  gzip: "isal" | "zlib";
  rows: number;
  rawBytes: number;
  storedBytes: number;
  peakMb: number;
}

/**
 * pg_dump -Fd -j2 -Z1 to disk and an export of the same database in turn, on the system's PostgreSQL 15. Both are whole processes,
 * and neither pays for what the other one has left the disk to write.
 */
export async function compareWithPgDump(options: { dir: string; bytes: number; rounds: number; workers: number }): Promise<void> {
  if (!existsSync(PG_DUMP)) throw new TypeError(`${PG_DUMP} is missing: apt-get install postgresql-15`);
  const dir = join(options.dir, "dump");
  mkdirSync(dir);
  chmodSync(dir, 0o755);
  const host = "127.0.0.1";
  const cluster = await startCluster({
    dir, flavor: "system", host, port: await freePort(host, 56_500), register: new ProcessRegister(join(dir, "pids")),
    settings: { shared_buffers: "512MB", max_wal_size: "8GB" },
  });
  const exportChild = await bundleChild("export_child");
  let storage: ChildProcess | undefined;
  try {
    const url = cluster.url("postgres", "postgres");
    await applyMigrations(url);
    await makeData(url, options.bytes);
    const ours: Measured[] = [];
    const ratios: number[] = [];
    const serverPid = Number(readFileSync(join(cluster.dataDir, "postmaster.pid"), "utf8").split("\n")[0]);
    for (let round = 0; round <= options.rounds; round += 1) {
      const storageDir = join(dir, `s3_${round}`);
      const { child, env } = await startStorage(storageDir);
      storage = child;
      const cpu = () => cpuByPart(serverPid, child.pid ?? 0);
      const timed = async (program: string, args: string[]) => {
        await exec("sync");
        const before = cpu();
        const started = performance.now();
        const { stdout } = await exec(program, args, { env: { ...process.env, ...env } });
        const seconds = (performance.now() - started) / 1000;
        const after = cpu();
        return { stdout, seconds, own: after.own - before.own, server: after.server - before.server, storage: after.storage - before.storage };
      };
      const target = join(dir, "pg_dump");
      const dumped = await timed(PG_DUMP, ["-Fd", "-j2", "-Z1", "-n", "bench", "-n", "auth", "-n", "storage", "-n", "public", "-f", target, url]);
      rmSync(target, { recursive: true });
      const exported = await timed(process.execPath, [exportChild, url, String(options.workers)]);
      const measured = JSON.parse(exported.stdout.trim().split("\n").at(-1) ?? "{}") as Measured;
      child.kill("SIGTERM");
      rmSync(storageDir, { recursive: true, force: true });
      if (round === 0) continue; // fills the caches
      ours.push(measured);
      ratios.push(exported.seconds / dumped.seconds);
      console.log(`round ${round}: pg_dump ${dumped.seconds.toFixed(1)} s, export ${exported.seconds.toFixed(1)} s, ratio ${(exported.seconds / dumped.seconds).toFixed(2)}`);
      // On a machine whose cores are all busy, wall time follows the sum of these.
      console.log(`  CPU s: pg_dump ${dumped.own.toFixed(1)} + server ${dumped.server.toFixed(1)}; `
        + `export ${exported.own.toFixed(1)} + server ${exported.server.toFixed(1)} + object storage ${exported.storage.toFixed(1)}`);
    }
    const last = ours.at(-1);
    console.log(`export / pg_dump -Fd -j2 -Z1, median of ${options.rounds}: ${median(ratios).toFixed(2)}`);
    console.log(`  ${last?.rows ?? 0} rows, ${Math.round((last?.rawBytes ?? 0) / 1048576)} MiB of COPY text, ${Math.round((last?.storedBytes ?? 0) / 1048576)} MiB stored; command peak memory ${Math.max(...ours.map((one) => one.peakMb)).toFixed(0)} MB`);
    console.log(last?.gzip === "isal" ? "  gzip by ISA-L" : "  gzip by zlib: ISA-L is not here (apt-get install libisal2)");
  } finally {
    storage?.kill("SIGTERM");
    await cluster.stop("immediate");
  }
}
