import { STORAGE_CHECKS } from "../../functions/_shared/doctor/storage_checks.ts";
import { openAlerts } from "./alerts/open_alerts.ts";
import { connection } from "./database/connection.ts";
import { amcheck, pgCron, pgNet, pgTap } from "./database/extensions.ts";
import { createDatabase, readTables, replicaRole, rowSecurity } from "./database/rights.ts";
import { build, schema } from "./database/schema.ts";
import { databaseClock, serverVersion, statementTimeout } from "./database/server.ts";
import { pooler, tls } from "./database/session.ts";
import type { SessionCheck } from "./doctor_session.ts";
import { identity, keyProof, recipients } from "./encryption/keys.ts";
import { DEPLOYED, secretKey } from "./functions/deployed.ts";
import { functionsAddress } from "./functions/functions_url.ts";
import { inside } from "./functions/inside.ts";
import { roundTrip } from "./network/round_trip.ts";
import { jobRuns, jobs, policy, tick } from "./schedule/jobs.ts";
import { functionsUrl, projectRef } from "./schedule/settings.ts";

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
  connection, tls, pooler, serverVersion, schema, build, readTables, rowSecurity, createDatabase, replicaRole, statementTimeout, databaseClock,
  pgCron, pgNet, pgTap, amcheck,
  projectRef, functionsUrl, policy, jobs, tick, jobRuns,
  ...BUCKET,
  functionsAddress, ...DEPLOYED, secretKey, inside,
  recipients, identity, keyProof,
  openAlerts,
  roundTrip,
];
