import { randomBytes, randomInt } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, escapeIdentifier } from "pg";
import { connect } from "../functions/_shared/database/connect.ts";
import type { RestoreRequest } from "../functions/_shared/restore/prepare_restore.ts";
import { freePort } from "../stack/free_port.ts";
import type { PostgresFlavor } from "../stack/postgres/find_server.ts";
import { ADMIN_ROLE, BARE_TEMPLATE, databaseSettingsSql } from "../stack/postgres/server_settings.ts";
import { type Cluster, startCluster } from "../stack/postgres/start_cluster.ts";
import { lendRights } from "./lend_rights.ts";

/** A database that a drill may fill, and what there is to clean up afterwards. */
export interface DrillTarget {
  connect(applicationName: string): Promise<Client>;
  /** Where the server was started for the drill: what the platform would do for the role of a project. */
  lend?: NonNullable<RestoreRequest["lend"]>;
  stop(): Promise<void>;
}

const HOST = "127.0.0.1";
// Drills that begin at the same moment look for a port at different places.
const FIRST_PORT = 55_900 + (process.pid % 40) * 10;
const DATABASE = "drill";
const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The PostgreSQL of npm that can take a backup of this version, which the same or a newer one can. */
export function flavorFor(serverVersionNum: number): PostgresFlavor {
  return serverVersionNum < 180_000 ? "embedded" : "embedded18";
}

/** Schemas that look different in every version of the platform. */
const PLATFORM_SCHEMAS = ["auth", "storage"] as const;

/**
 * Starts a PostgreSQL that looks like a new Supabase project in a temporary directory. Stopping it removes everything; so do
 * Ctrl-C, a polite kill and a closed terminal, because a restored database is nothing to be left lying around.
 *
 * @param backedUp schemas with tables in the backup. Those of the platform among them are left to the restore: tables and columns
 * of another version could not come back into the target's own, nor policies without the rights that the platform lends.
 */
export async function startEmbeddedTarget(flavor: PostgresFlavor, backedUp: ReadonlySet<string>): Promise<DrillTarget> {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-drill-"));
  // The server runs as another user and has to get there.
  chmodSync(dir, 0o755);
  const starting = freePort(HOST, FIRST_PORT).then((port) => startCluster({ dir, flavor, host: HOST, port }));
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= (async () => {
    // A server that is being started is waited for, as nobody could find it afterwards.
    const cluster = await starting.catch(() => undefined);
    try {
      await cluster?.stop("immediate");
    } finally {
      // What ends in a hurry may still write statistics while they are removed.
      for (const path of [cluster?.dataDir, dir]) if (path !== undefined) rmSync(path, { recursive: true, force: true, maxRetries: 10 });
    }
  })());
  const onSignal = (signal: NodeJS.Signals) => {
    void stop().finally(() => {
      heedSignals(false);
      process.kill(process.pid, signal);
    });
  };
  const heedSignals = (on: boolean) => {
    for (const signal of ENDING_SIGNALS) process[on ? "on" : "removeListener"](signal, onSignal);
  };
  heedSignals(true);
  try {
    const cluster = await starting;
    const secret = await changePasswords(cluster);
    await createDatabase(cluster, secret, backedUp);
    const open = (role: string) => (applicationName = "holdfast drill") => connect(urlOf(cluster, secret, role, DATABASE), { applicationName });
    return {
      connect: open("postgres"),
      lend: oneAtATime((action) => lendRights({ openAdmin: open(ADMIN_ROLE), openOwn: open("postgres") }, action)),
      stop: () => stop().finally(() => heedSignals(false)),
    };
  } catch (error) {
    await stop().finally(() => heedSignals(false));
    throw error;
  }
}

/** What one lends, another must not take back. */
function oneAtATime<Input, Result>(work: (input: Input) => Promise<Result>): (input: Input) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (input) => {
    const next = last.then(() => work(input));
    last = next.catch(() => undefined);
    return next;
  };
}

function urlOf(cluster: Cluster, secret: string, role: string, database: string): string {
  return Object.assign(new URL(cluster.url(role, database)), { password: secret }).href;
}

/**
 * Gives all roles that may log in a password that nobody knows, before anything of a backup is there: with the usual one, a function of a
 * forged backup could log in as the superuser by dblink, and whoever is on this machine could read what is restored.
 */
async function changePasswords(cluster: Cluster): Promise<string> {
  const secret = randomBytes(24).toString("hex");
  await asAdmin(cluster.url(ADMIN_ROLE, "postgres"), async (admin) => {
    const { rows } = await admin.query<{ name: string }>("select rolname as name from pg_catalog.pg_roles where rolcanlogin");
    for (const { name } of rows) await admin.query(`alter role ${escapeIdentifier(name)} password '${secret}'`);
  });
  return secret;
}

/**
 * Servers on this machine are copies of one that was initialized once, so they share its identifier; what tells their
 * databases apart is the object id. With one of its own a drill is never taken for the database that was backed up.
 */
async function createDatabase(cluster: Cluster, secret: string, backedUp: ReadonlySet<string>): Promise<void> {
  await asAdmin(urlOf(cluster, secret, ADMIN_ROLE, "postgres"), async (admin) => {
    await admin.query(`create database ${DATABASE} template ${BARE_TEMPLATE} strategy file_copy oid ${randomInt(1_000_000_000, 4_000_000_000)}`);
    await admin.query(databaseSettingsSql(DATABASE));
  });
  await asAdmin(urlOf(cluster, secret, ADMIN_ROLE, DATABASE), async (admin) => {
    for (const schema of PLATFORM_SCHEMAS) if (backedUp.has(schema)) await admin.query(`drop schema ${schema} cascade`);
  });
}

async function asAdmin(url: string, work: (admin: Client) => Promise<void>): Promise<void> {
  const admin = await connect(url, { applicationName: "holdfast drill" });
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}
