import { z } from "zod";
import type { Queryable } from "../database/queryable.ts";
import { sqlStateOf } from "../errors/from_postgres.ts";
import { formatVerificationReport } from "../report/format_verification_report.ts";
import { storeReportPage } from "../report/page/store_report_page.ts";
import { readVerification } from "../report/read_verification.ts";
import { COMMAND_READS, FUNCTION_READS, type ReadLimits } from "../restore/read_limits.ts";
import { checkBackupObjects } from "./check_backup_objects.ts";
import type { ObjectStorage } from "./object_storage.ts";
import { readRestorePointObjects } from "./restore_point_objects.ts";
import type { Finding, Verdict } from "./verdict.ts";

export type Trigger = "schedule" | "http" | "cli" | "sql";

export interface VerifyBackupDeps {
  /** A session of its own: transactions are opened in it. */
  database: Queryable;
  storage: ObjectStorage;
  /** Milliseconds that only go forward. */
  now: () => number;
  /** Asks for the backups that Supabase makes and records the answer; without it nobody is asked. */
  lookAtPrimary?: (database: Queryable) => Promise<void>;
}

export interface VerifyBackupLimits {
  /** After this time no check is started here; the rest goes to pg_cron. */
  wallMs: number;
  /** Bytes of objects read back. */
  maxBytes: number;
  /** What is taken into memory of one object. */
  reads: ReadLimits;
  /** Whether a check may take as long as it takes, instead of backup.settings.check_timeout. */
  patient: boolean;
}

export interface VerifyBackupResult {
  verificationId: string;
  /** Null while checks go on in the background. */
  verdict: Verdict | null;
  /** Markdown, once there is a verdict. */
  report: string | null;
  /** Key of the report as a page in the bucket; null without a verdict, without a bucket, or when the bucket refused it. */
  pageKey: string | null;
  /** Checks that a pg_cron job works on. */
  background: string[];
}

/** Within the life of an Edge Function on the smallest plan (150 s), with a last check and its time-out to spare. */
export const FUNCTION_LIMITS: VerifyBackupLimits = { wallMs: 60_000, maxBytes: 48 * 1024 * 1024, reads: FUNCTION_READS, patient: false };

/** For the command, which nobody kills. */
export const UNLIMITED: VerifyBackupLimits = { wallMs: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY, reads: COMMAND_READS, patient: true };

const QUERY_CANCELED = "57014";

/**
 * Verifies the newest restore point and the live database: runs every check, records every answer, and returns the
 * verdict with its report, or without either while slow checks go on in the background.
 *
 * @throws DatabaseError (pg) when the ledger itself cannot be written; the minute tick then closes what is left open
 */
export async function verifyBackup(
  deps: VerifyBackupDeps,
  trigger: Trigger,
  limits: VerifyBackupLimits,
): Promise<VerifyBackupResult> {
  return await continueVerification(deps, await startVerification(deps.database, trigger), limits);
}

/** Opens a verification and returns its id, for callers that answer before the work is done. */
export async function startVerification(database: Queryable, trigger: Trigger): Promise<string> {
  const { rows } = await database.query("select backup.start_verification($1) as id", [trigger]);
  return z.object({ id: z.string() }).parse(rows[0]).id;
}

/**
 * Runs the checks of a verification that are still pending, and writes its report when all have answered.
 *
 * @throws DatabaseError (pg) with SQLSTATE HF006 when there is no such verification
 */
export async function continueVerification(
  deps: VerifyBackupDeps,
  verificationId: string,
  limits: VerifyBackupLimits,
): Promise<VerifyBackupResult> {
  const startedAt = deps.now();
  for (;;) {
    const check = await claimCheck(deps.database, verificationId);
    if (check === null) break;
    if (check === "check_primary_backups") await deps.lookAtPrimary?.(deps.database);
    if (check === "check_backup_objects") await runObjectCheck(deps, verificationId, limits);
    else if (deps.now() - startedAt >= limits.wallMs) await handOver(deps.database, verificationId, check);
    else await runSqlCheck(deps.database, verificationId, check, limits.patient);
  }
  return await finish(deps, verificationId);
}

async function claimCheck(database: Queryable, verificationId: string): Promise<string | null> {
  const { rows } = await database.query("select backup.claim_verification_check($1) as name", [verificationId]);
  return z.object({ name: z.string().nullable() }).parse(rows[0]).name;
}

/** `set local` in a transaction, because a pooler may give every statement another session. */
async function runSqlCheck(database: Queryable, verificationId: string, check: string, patient: boolean): Promise<void> {
  await database.query("begin");
  try {
    await database.query(
      `select pg_catalog.set_config('statement_timeout',
         case when $1 then '0' else (extract(epoch from s.check_timeout) * 1000)::bigint::text end, true)
       from backup.settings s`,
      [patient],
    );
    await database.query("select backup.run_verification_check($1, $2)", [verificationId, check]);
    await database.query("commit");
  } catch (error) {
    const sqlState = sqlStateOf(error);
    if (sqlState === undefined) throw error;
    await database.query("rollback");
    if (sqlState === QUERY_CANCELED) return await handOver(database, verificationId, check);
    // The check itself cannot end up here, it is caught in SQL; recording its answers can.
    await record(database, verificationId, check, [
      { subject: check, verdict: "inconclusive", expected: "its answers can be recorded", actual: `error ${sqlState}` },
    ]);
  }
}

async function runObjectCheck(deps: VerifyBackupDeps, verificationId: string, limits: VerifyBackupLimits): Promise<void> {
  const startedAt = deps.now();
  const point = await readRestorePointObjects(deps.database, verificationId);
  const findings = await checkBackupObjects(deps.storage, point, { maxBytes: limits.maxBytes, reads: limits.reads });
  await record(deps.database, verificationId, "check_backup_objects", findings, deps.now() - startedAt);
}

async function handOver(database: Queryable, verificationId: string, check: string): Promise<void> {
  await database.query("select backup.hand_over_check($1, $2)", [verificationId, check]);
}

async function record(
  database: Queryable,
  verificationId: string,
  check: string,
  findings: readonly Finding[],
  durationMs: number | null = null,
): Promise<void> {
  await database.query("select backup.record_findings($1, $2, $3, $4)", [
    verificationId,
    check,
    JSON.stringify(findings),
    durationMs,
  ]);
}

async function finish({ database, storage }: VerifyBackupDeps, verificationId: string): Promise<VerifyBackupResult> {
  const data = await readVerification(database, verificationId);
  const background = data.checks.filter(({ state }) => state === "background").map(({ check_name }) => check_name);
  if (data.verdict === null) return { verificationId, verdict: null, report: null, pageKey: null, background };
  const report = data.report ?? formatVerificationReport(data);
  await database.query("update backup.verifications set report = $2 where verification_id = $1 and report is null", [
    verificationId,
    report,
  ]);
  return { verificationId, verdict: data.verdict, report, pageKey: await storeReportPage(database, storage, verificationId), background };
}
