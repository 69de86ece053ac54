import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DoctorSession, type DoctorSessionOptions } from "../../cli/doctor/doctor_session.ts";
import type { Area } from "../../cli/doctor/registry.ts";
import { type DoctorReport, runDoctor } from "../../cli/doctor/run_doctor.ts";
import { withClient } from "../../functions/_shared/database/connect.ts";
import { lookFromInside } from "../../functions/_shared/doctor/look_from_inside.ts";
import { authorize, ticketClaimer } from "../../functions/_shared/http/authorize.ts";
import type { Handler } from "../../functions/_shared/http/edge_function.ts";
import { respondError, respondJson } from "../../functions/_shared/http/respond.ts";
import type { WithDatabase } from "../../functions/_shared/http/with_database.ts";
import { createHandler as createStatusHandler } from "../../functions/backup-status/handler.ts";
import { createHandler as createDoctorHandler } from "../../functions/run-doctor/handler.ts";
import { type NetDaemon, startNet } from "../../stack/net/start_net.ts";
import { type RunningS3, startS3 } from "../../stack/s3/start_s3.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";
import { queryRows } from "./query_rows.ts";

/** Whatever holds this word is a secret, and nothing that is printed may hold it. */
export const MARK = "zq7-marked-secret";
export const KEY = `sb_secret_${MARK}`;

/** A set-up in which nothing is missing, whose parts a test may break. */
export interface DoctorWorld {
  readonly database: TestDatabase;
  readonly storage: RunningS3;
  readonly functionsUrl: string;
  /** What the machine and the functions have, as a start. */
  readonly env: Readonly<Record<string, string>>;
  /** Secrets of the functions on top of `env`; undefined takes one away. */
  functionEnv: Record<string, string | undefined>;
  /** Database that the functions work on. */
  functionDatabaseUrl: string;
  /** Answers in place of a function's own. */
  readonly answers: Map<string, Handler>;
  readonly net: { stop(): Promise<void>; start(): void };
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  admin(text: string): Promise<Record<string, unknown>[]>;
  doctor(change?: Partial<DoctorSessionOptions> & { area?: Area; url?: string; machine?: Record<string, string> }): Promise<DoctorReport>;
  stop(): Promise<void>;
}

const SLUGS = ["export-backup", "verify-backup", "restore-drill", "apply-retention", "deliver-alerts"];

export async function createDoctorWorld(): Promise<DoctorWorld> {
  const database = await createTestDatabase({ migrated: true });
  const dir = mkdtempSync(join(tmpdir(), "holdfast-doctor-"));
  const storage = await startS3({ dir, accessKeyId: "doctorkey", secretAccessKey: `${MARK}-s3`, buckets: ["backups", { name: "locked", objectLock: true }] });
  const env = {
    HOLDFAST_S3_ENDPOINT: storage.endpoint, HOLDFAST_S3_BUCKET: "backups", HOLDFAST_S3_ACCESS_KEY_ID: storage.accessKeyId,
    HOLDFAST_S3_SECRET_ACCESS_KEY: storage.secretAccessKey, HOLDFAST_SECRET_KEY: KEY,
  };
  const answers = new Map<string, Handler>();
  const functions = await serveFunctions((slug) => answers.get(slug) ?? handlerOf(world, slug));
  let net: NetDaemon | undefined = startNet(database.adminUrl);
  const world: DoctorWorld = {
    database, storage, functionsUrl: functions.url, env, functionEnv: {}, functionDatabaseUrl: database.url, answers,
    net: {
      stop: async () => {
        await net?.stop();
        net = undefined;
      },
      start: () => void (net ??= startNet(database.adminUrl)),
    },
    sql: (text, values) => queryRows(database.url, text, values),
    admin: (text) => queryRows(database.adminUrl, text),
    doctor: async ({ area, url, machine, ...change } = {}) => {
      const session = new DoctorSession({ env: machine ?? env, databaseUrl: () => url ?? database.url, claimMs: 8_000, ...change });
      try {
        return await runDoctor(session, area);
      } finally {
        await session.close();
      }
    },
    stop: async () => {
      await net?.stop();
      functions.server.closeAllConnections();
      functions.server.close();
      await storage.stop();
      rmSync(dir, { recursive: true, force: true });
      await database.drop();
    },
  };
  await queryRows(database.url, "update backup.settings set project_ref = 'clinic', functions_url = $1 where id", [functions.url]);
  await queryRows(database.url, "select * from backup.enable()");
  // The clock serves another database; this is what it would have left behind.
  await queryRows(database.adminUrl, `
    insert into cron.job_run_details (jobid, database, username, command, status, start_time, end_time)
    select j.jobid, j.database, j.username, j.command, 'succeeded', clock_timestamp(), clock_timestamp() from cron.job j where j.jobname = 'holdfast-tick'`);
  return world;
}

/** What is deployed, as far as a doctor calls it. */
function handlerOf(world: DoctorWorld, slug: string): Handler | undefined {
  const withDatabase: WithDatabase = (task) => withClient(world.functionDatabaseUrl, { applicationName: `holdfast ${slug}` }, task);
  if (slug === "backup-status") return createStatusHandler({ secretKeys: [KEY], withDatabase });
  const env = Object.fromEntries(Object.entries({ ...world.env, ...world.functionEnv }).filter(([, value]) => value !== undefined));
  if (slug === "run-doctor") {
    return createDoctorHandler({ secretKeys: [KEY], withDatabase, look: (database) => lookFromInside({ env, database, databaseUrl: world.functionDatabaseUrl }) });
  }
  if (!SLUGS.includes(slug)) return undefined;
  return async (request) => {
    try {
      return await withDatabase(async (database) => {
        await authorize(request, { claimTicket: ticketClaimer(database), secretKeys: [KEY] }, slug);
        return respondJson(202, {});
      });
    } catch (error) {
      return respondError(error);
    }
  };
}

/** The gateway of functions: an unknown one is answered as the platform does. */
async function serveFunctions(find: (slug: string) => Handler | undefined): Promise<{ server: Server; url: string }> {
  const server = createServer((incoming, outgoing) => {
    const slug = (incoming.url ?? "").split("/")[3]?.split("?")[0] ?? "";
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of incoming) parts.push(part as Buffer);
      const handler = find(slug);
      const headers = Object.entries(incoming.headers).flatMap(([name, value]) => (typeof value === "string" ? [[name, value] as [string, string]] : []));
      const response = handler === undefined
        ? Response.json({ code: "NOT_FOUND", message: "Requested function was not found" }, { status: 404 })
        : await handler(new Request(`http://127.0.0.1${incoming.url}`, { method: incoming.method ?? "GET", headers, ...(parts.length === 0 ? {} : { body: Buffer.concat(parts) }) }));
      outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text());
    })().catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The gateway has no port");
  return { server, url: `http://127.0.0.1:${address.port}/functions/v1` };
}

/** What did not pass and was looked at, in one line each. */
export function troubles({ results }: DoctorReport): string[] {
  return results.filter(({ verdict, blockedBy }) => blockedBy === null && (verdict === "failed" || verdict === "inconclusive")).map(({ name, verdict }) => `${verdict} ${name}`);
}

/** The one failure of a report, with its fix. */
export function theFailure(report: DoctorReport): { name: string; seen: string; fix: string } {
  const failed = report.results.filter(({ verdict }) => verdict === "failed");
  const [only] = failed;
  if (only === undefined || failed.length > 1 || only.fix === null) throw new Error(`Expected one failure with a fix: ${JSON.stringify(failed)}`);
  return { name: only.name, seen: only.seen, fix: only.fix };
}
