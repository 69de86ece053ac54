import { z } from "zod";
import type { Env } from "../config/env.ts";
import { parseAlertConfig } from "../config/parse_alert_config.ts";
import { clientConfig } from "../database/client_config.ts";
import type { Queryable } from "../database/queryable.ts";
import { DRILL_IDENTITY_VARIABLE, drillIdentities } from "../encryption/drill_identities.ts";
import { parseRecipients, RECIPIENTS_VARIABLE } from "../encryption/parse_recipients.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { type DoctorAnswer, type DoctorCheck, doctorFinding } from "./doctor_finding.ts";
import { runDoctorChecks } from "./run_doctor_checks.ts";
import { STORAGE_CHECKS } from "./storage_checks.ts";
import { StorageContext } from "./storage_context.ts";
import { readStorageWants } from "./storage_wants.ts";

/** What a function tells about itself. No secret is in it: of keys only the public ones. */
export const insideReport = z.object({
  findings: z.array(doctorFinding.extend({ blocked_by: z.string().nullable() })),
  bucket: z.object({ endpoint: z.string(), bucket: z.string(), prefix: z.string() }).nullable(),
});

export type InsideReport = z.infer<typeof insideReport>;

export interface InsideOptions {
  readonly env: Env;
  readonly database: Queryable;
  readonly databaseUrl: string;
  readonly fetch?: typeof fetch;
}

const ALERT_VARIABLE = /\bHOLDFAST_[A-Z0-9_]+/g;

/** Looks at secrets, bucket and database from where exports run. Stores one probe object and deletes it. */
export async function lookFromInside(options: InsideOptions): Promise<InsideReport> {
  const { env, database } = options;
  const storage = new StorageContext({ env, where: "functions", wants: () => readStorageWants(database), ...(options.fetch === undefined ? {} : { fetch: options.fetch }) });
  const checks: DoctorCheck<StorageContext>[] = [
    { name: "database", look: () => Promise.resolve(lookAtDatabase(options.databaseUrl)) },
    ...STORAGE_CHECKS,
    { name: "recipients", look: () => Promise.resolve(lookAtRecipients(env)) },
    { name: "drill_identity", look: () => lookAtDrillIdentity(env) },
    { name: "alert_delivery", look: () => Promise.resolve(lookAtAlertDelivery(env)) },
  ];
  const results = await runDoctorChecks(checks, storage);
  const config = results.some(({ name, verdict }) => name === "settings" && verdict === "passed") ? storage.config : null;
  return {
    findings: results.map(({ name, verdict, seen, fix, blockedBy }) => ({ name, verdict, seen, fix, blocked_by: blockedBy })),
    bucket: config === null ? null : { endpoint: config.endpoint, bucket: config.bucket, prefix: config.prefix },
  };
}

function lookAtDatabase(url: string): DoctorAnswer {
  const { host, port, database } = clientConfig(url, { applicationName: "holdfast run-doctor" });
  if (port === 6543) {
    return { verdict: "failed", seen: `the functions use the transaction pooler (${host}:${port}), which keeps no session`,
      fix: "supabase secrets set HOLDFAST_DB_URL=…   # the session pooler (port 5432), or unset it to use the direct connection" };
  }
  return { verdict: "passed", seen: `the functions work on database ${database} at ${host}:${port}`, fix: null };
}

function lookAtRecipients(env: Env): DoctorAnswer {
  try {
    const recipients = parseRecipients(env);
    if (recipients.length === 0) return { verdict: "skipped", seen: `${RECIPIENTS_VARIABLE} is not set for the functions: their backups are not encrypted`, fix: null };
    return { verdict: "passed", seen: `encrypts to ${recipients.join(", ")}`, fix: null };
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    return { verdict: "failed", seen: [error.message, error.detail].filter(Boolean).join(": "), fix: `supabase secrets set ${RECIPIENTS_VARIABLE}=age1…   # ${error.hint ?? ""}` };
  }
}

async function lookAtDrillIdentity(env: Env): Promise<DoctorAnswer> {
  try {
    const identities = await drillIdentities(env);
    if (identities === null) return { verdict: "skipped", seen: `${DRILL_IDENTITY_VARIABLE} is not set: drills by functions open unencrypted backups only`, fix: null };
    return { verdict: "passed", seen: `drills by functions open backups of ${identities.recipients.join(", ")}`, fix: null };
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    return { verdict: "failed", seen: [error.message, error.detail].filter(Boolean).join(": "), fix: `supabase secrets set ${DRILL_IDENTITY_VARIABLE}=…   # or: supabase secrets unset ${DRILL_IDENTITY_VARIABLE}` };
  }
}

/** As the function that delivers reads them. A problem names variables, never their values. */
function lookAtAlertDelivery(env: Env): DoctorAnswer {
  const channels = parseAlertConfig(env);
  const problems = channels.flatMap((one) => ("problem" in one ? [{ channel: one.channel, problem: one.problem }] : []));
  if (problems.length > 0) {
    const wrong = problems.flatMap(({ problem }) => problem.message.match(ALERT_VARIABLE) ?? []);
    return { verdict: "failed", seen: problems.map(({ channel, problem }) => `${channel}: ${problem.message}`).join("; "),
      fix: `supabase secrets set ${wrong.map((name) => `${name}=…`).join(" ")}   # ${problems.map(({ problem }) => problem.hint).join(" ")}` };
  }
  const callsNobody = "alerts are rows of backup.alerts and call nobody";
  if (channels.length === 0) return { verdict: "skipped", seen: `no HOLDFAST_ALERT_… and no HOLDFAST_HEARTBEAT_… is set for the functions: ${callsNobody}, and no watchman hears of exports that stop`, fix: null };
  const alerts = channels.some(({ channel }) => !channel.startsWith("heartbeat_"));
  return { verdict: "passed", seen: `set up for the functions: ${channels.map(({ channel }) => channel).join(", ")}${alerts ? "" : `; without a channel for them, ${callsNobody}`}`, fix: null };
}
