import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, expect, inject, it } from "vitest";
import { freePort } from "../../../stack/free_port.ts";
import { startCluster } from "../../../stack/postgres/start_cluster.ts";

const dir = mkdtempSync(join(tmpdir(), "holdfast-cluster-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it.each(["fast", "immediate", "crash"] as const)("startCluster() keeps committed rows over a %s restart, below a directory only its owner may enter", async (mode) => {
  // mkdtemp makes mode 700, like a checkout under /root.
  chmodSync(dir, 0o700);
  const port = await freePort("127.0.0.1", 56_500);
  const cluster = await startCluster({ dir, host: "127.0.0.1", port, flavor: inject("holdfastCluster").flavor, freshData: true });
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client(cluster.url("postgres", "postgres"));
    client.on("error", () => {});
    await client.connect();
    return client;
  };
  try {
    const before = await connect();
    await before.query("create table public.kept as select 1 as one");
    await before.end();
    await cluster.restart(mode);
    const after = await connect();
    expect((await after.query("select one from public.kept")).rows).toEqual([{ one: 1 }]);
    expect((await after.query("select current_user::text as me")).rows).toEqual([{ me: "postgres" }]);
    await after.end();
  } finally {
    await cluster.stop();
    rmSync(cluster.dataDir, { recursive: true, force: true });
  }
  expect(existsSync(cluster.socketDir)).toBe(false);
}, 60_000);

it("startCluster() gives every cluster a vault key of its own", async () => {
  const secrets: string[] = [];
  for (const name of ["one", "two"]) {
    const port = await freePort("127.0.0.1", 56_600);
    const cluster = await startCluster({ dir: join(dir, name), host: "127.0.0.1", port, flavor: inject("holdfastCluster").flavor, freshData: true });
    const client = new pg.Client(cluster.url("supabase_admin", "postgres"));
    await client.connect();
    secrets.push((await client.query("select pg_read_file('holdfast_vault_root.key') as key")).rows[0].key);
    await client.end();
    await cluster.stop();
    rmSync(cluster.dataDir, { recursive: true, force: true });
  }
  expect(secrets[0]).not.toBe(secrets[1]);
});
