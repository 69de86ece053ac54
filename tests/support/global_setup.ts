import { mkdtempSync, rmSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { freePort } from "../../stack/free_port.ts";
import { startCluster } from "../../stack/postgres/start_cluster.ts";
import { ADMIN_ROLE, BARE_TEMPLATE, LOCAL_PASSWORD } from "../../stack/postgres/server_settings.ts";
import { ProcessRegister } from "../../stack/processes/process_register.ts";
import type {} from "./cluster_info.ts";

/** Starts one cluster for the whole run; its flavor is HOLDFAST_PG's. Returns the function that stops it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-test-"));
  chmodSync(dir, 0o755);
  const host = "127.0.0.1";
  const port = await freePort(host, 55_000 + (process.pid % 40) * 10);
  const cluster = await startCluster({
    dir, host, port, register: new ProcessRegister(join(dir, "pids")),
    // Files run side by side and each may hold slots and pools of its own.
    settings: { max_connections: "200", max_replication_slots: "20", max_wal_senders: "20" },
  });
  project.provide("holdfastCluster", {
    host, port, password: LOCAL_PASSWORD, adminRole: ADMIN_ROLE, bareTemplate: BARE_TEMPLATE,
    flavor: cluster.server.flavor, socketDir: cluster.socketDir, serverVersion: cluster.server.version,
  });
  return async () => {
    await cluster.stop("immediate");
    rmSync(dir, { recursive: true, force: true });
  };
}
