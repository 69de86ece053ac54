import { createHash } from "node:crypto";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { cacheDir } from "../cache_dir.ts";
import { freePort } from "../free_port.ts";
import { giveTo, unprivilegedUser } from "../processes/unprivileged_user.ts";
import { REPO_ROOT } from "../repo_root.ts";
import type { PostgresServer } from "./find_server.ts";
import { runPostgres, socketDirOf } from "./run_postgres.ts";
import { ADMIN_ROLE, BARE_TEMPLATE, databaseSettingsSql, LOCAL_PASSWORD } from "./server_settings.ts";

const run = promisify(execFile);

/** Raise it when this file changes what it makes; changed SQL is noticed by itself. */
const LAYOUT = 1;

/**
 * A data directory with the hosted roles and schemas, made once per server and bootstrap SQL (about three seconds) and
 * copied for every cluster after that. Returns its path; never start a server on it.
 */
export async function clusterTemplate(server: PostgresServer): Promise<string> {
  const files = bootstrapFiles();
  const hash = createHash("sha256").update(JSON.stringify([LAYOUT, server.binDir, server.hasPgCron, files])).digest("hex").slice(0, 12);
  const target = join(cacheDir(), `cluster-${server.flavor}-${server.version}-${hash}`);
  if (existsSync(target)) return target;

  const draft = `${target}.${process.pid}`;
  await rm(draft, { recursive: true, force: true });
  await initDatabase(server, draft);
  const port = await freePort("127.0.0.1", 55_400 + process.pid % 400);
  const logFile = `${draft}.log`;
  const running = await runPostgres({ server, dataDir: draft, host: "127.0.0.1", port, logFile });
  try {
    await bootstrap(server, socketDirOf(draft), port, files);
  } finally {
    await running.stop();
    await rm(socketDirOf(draft), { recursive: true, force: true });
  }
  await rm(logFile, { force: true });
  try {
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}

interface BootstrapFile {
  name: string;
  sql: string;
}

function bootstrapFiles(): BootstrapFile[] {
  const dir = join(REPO_ROOT, "stack", "sql");
  return readdirSync(dir).sort().map((name) => ({ name, sql: readFileSync(join(dir, name), "utf8") }));
}

async function initDatabase(server: PostgresServer, dataDir: string): Promise<void> {
  const user = unprivilegedUser();
  mkdirSync(dataDir, { mode: 0o700 });
  giveTo(user, dataDir);
  const passwordFile = `${dataDir}.pw`;
  writeFileSync(passwordFile, LOCAL_PASSWORD, { mode: 0o600 });
  giveTo(user, passwordFile);
  const locale = process.platform === "linux" ? "C.UTF-8" : "en_US.UTF-8";
  try {
    await run(join(server.binDir, "initdb"), [
      "-D", dataDir, "-U", ADMIN_ROLE, "--encoding=UTF8", `--locale=${locale}`, "--no-sync", "--no-instructions",
      // A password over TCP, as on the platform: dblink refuses a non-superuser who was let in without one.
      "--auth-local=trust", "--auth-host=scram-sha-256", `--pwfile=${passwordFile}`,
    ], { cwd: "/", ...user });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function bootstrap(server: PostgresServer, host: string, port: number, files: BootstrapFile[]): Promise<void> {
  await inDatabase(host, port, "postgres", (client) => client.query(`create database ${BARE_TEMPLATE}`));
  for (const database of ["postgres", BARE_TEMPLATE]) {
    // The extension can only be created in the database its launcher serves; others get the same surface without a clock.
    const realCron = server.hasPgCron && database === "postgres";
    const skipped = realCron ? "70_cron_stand_in.sql" : "71_cron_extension.sql";
    await inDatabase(host, port, database, async (client) => {
      for (const file of files) {
        if (file.name === skipped) continue;
        try {
          await client.query(file.sql);
          // The database's own settings name roles, so they wait for the first file.
          if (file === files[0]) await client.query(databaseSettingsSql(database));
        } catch (cause) {
          throw new Error(`stack/sql/${file.name} failed in database ${database}`, { cause });
        }
      }
    });
  }
}

async function inDatabase(host: string, port: number, database: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ host, port, user: ADMIN_ROLE, database });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
