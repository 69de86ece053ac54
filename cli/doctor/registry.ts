import { STORAGE_CHECKS } from "../../functions/_shared/doctor/storage_checks.ts";
import { openAlerts } from "./alerts/open_alerts.ts";
import { amcheck } from "./database/amcheck.ts";
import { build } from "./database/build.ts";
import { clock } from "./database/clock.ts";
import { connection } from "./database/connection.ts";
import { createDatabase } from "./database/create_database.ts";
import { pgCron } from "./database/pg_cron.ts";
import { pgNet } from "./database/pg_net.ts";
import { pgTap } from "./database/pgtap.ts";
import { readTables } from "./database/read_tables.ts";
import { replicaRole } from "./database/replica_role.ts";
import { rowSecurity } from "./database/row_security.ts";
import { schema } from "./database/schema.ts";
import { serverVersion } from "./database/server_version.ts";
import { statementTimeout } from "./database/statement_timeout.ts";
import { tls } from "./database/tls.ts";
import type { SessionCheck } from "./doctor_session.ts";
import { identity } from "./encryption/identity.ts";
import { keyProof } from "./encryption/key_proof.ts";
import { recipients } from "./encryption/recipients.ts";
import { address } from "./functions/address.ts";
import { DEPLOYED } from "./functions/deployed.ts";
import { inside } from "./functions/inside.ts";
import { secretKey } from "./functions/secret_key.ts";
import { roundTrip } from "./network/round_trip.ts";
import { functionsUrl } from "./schedule/functions_url.ts";
import { jobRuns } from "./schedule/job_runs.ts";
import { jobs } from "./schedule/jobs.ts";
import { policy } from "./schedule/policy.ts";
import { projectRef } from "./schedule/project_ref.ts";
import { tick } from "./schedule/tick.ts";

export const AREAS = ["database", "schedule", "bucket", "functions", "encryption", "alerts", "network"] as const;

export type Area = (typeof AREAS)[number];

/** The bucket as this machine sees it; the functions look for themselves. */
const BUCKET: readonly SessionCheck[] = STORAGE_CHECKS.map(({ name, needs, after, look }) => ({
  name: `bucket/${name}`,
  needs: (needs ?? []).map((need) => `bucket/${need}`),
  after: after ?? [],
  look: (session, before) => look(session.storage, before),
}));

/** Every check, each after those it needs. The part of its name before the slash is its area. */
export const DOCTOR_CHECKS: readonly SessionCheck[] = [
  connection, tls, serverVersion, schema, build, readTables, rowSecurity, createDatabase, replicaRole, statementTimeout, clock,
  pgCron, pgNet, pgTap, amcheck,
  projectRef, functionsUrl, policy, jobs, tick, jobRuns,
  ...BUCKET,
  address, ...DEPLOYED, secretKey, inside,
  recipients, identity, keyProof,
  openAlerts,
  roundTrip,
];
