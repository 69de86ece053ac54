import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../../stack/free_port.ts";
import { findServer, type PostgresFlavor } from "../../stack/postgres/find_server.ts";
import { runPostgres, socketDirOf } from "../../stack/postgres/run_postgres.ts";
import { ADMIN_ROLE, LOCAL_PASSWORD } from "../../stack/postgres/server_settings.ts";
import { giveTo, unprivilegedUser } from "../../stack/processes/unprivileged_user.ts";
import { queryRows } from "./query_rows.ts";

/** A PostgreSQL as initdb leaves it: one superuser, no role, schema or extension of any platform. */
export interface BareCluster {
  /** Its bootstrap superuser is `postgres`, as on a machine of one's own. */
  url(database: string): string;
  /** An empty database of a new name. */
  createDatabase(): Promise<string>;
  versionNum: number;
  stop(): Promise<void>;
}

export async function startBareCluster(flavor: PostgresFlavor): Promise<BareCluster> {
  const server = await findServer(flavor);
  const dir = mkdtempSync(join(tmpdir(), "holdfast-bare-"));
  chmodSync(dir, 0o755);
  const dataDir = join(dir, "data");
  const user = unprivilegedUser();
  mkdirSync(dataDir, { mode: 0o700 });
  giveTo(user, dataDir);
  const passwordFile = join(dir, "password");
  writeFileSync(passwordFile, LOCAL_PASSWORD, { mode: 0o600 });
  giveTo(user, passwordFile);
  await promisify(execFile)(join(server.binDir, "initdb"), [
    "-D", dataDir, "-U", ADMIN_ROLE, "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions",
    "--auth-local=trust", "--auth-host=scram-sha-256", `--pwfile=${passwordFile}`,
  ], { cwd: "/", ...user });
  const port = await freePort("127.0.0.1", 57_000 + (process.pid % 100) * 10);
  const running = await runPostgres({ server, dataDir, host: "127.0.0.1", port, logFile: join(dir, "postgres.log") });
  const url = (database: string) => `postgresql://postgres:${LOCAL_PASSWORD}@127.0.0.1:${port}/${database}`;
  const admin = `postgresql://${ADMIN_ROLE}:${LOCAL_PASSWORD}@127.0.0.1:${port}/postgres`;
  await queryRows(admin, `create role postgres superuser login password '${LOCAL_PASSWORD}'`);
  const [version] = await queryRows(admin, "select current_setting('server_version_num')::integer as num");
  return {
    url,
    createDatabase: async () => {
      const name = `bare_${randomBytes(4).toString("hex")}`;
      await queryRows(url("postgres"), `create database ${name}`);
      return url(name);
    },
    versionNum: Number(version?.["num"]),
    stop: async () => {
      await running.stop("immediate");
      if (existsSync(socketDirOf(dataDir))) rmSync(socketDirOf(dataDir), { recursive: true, force: true });
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
