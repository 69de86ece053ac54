import type { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { lookAtPrimaryBackups } from "../../../../functions/_shared/verify/look_at_primary_backups.ts";
import { UNLIMITED, verifyBackup } from "../../../../functions/_shared/verify/verify_backup.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

const REF = "abcdefghijklmnopqrst";
let database: TestDatabase;
let client: Client;
beforeAll(async () => {
  database = await createTestDatabase({ migrated: true });
  client = await connect(database.url, { applicationName: "holdfast test" });
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

const urls: string[] = [];
/** An API that answers with backups of this age; null: none. */
const api = (hours: number | null, pitr: boolean): typeof fetch => async (input) => {
  urls.push(String(input));
  const at = (ago: number) => Date.now() - ago * 3_600_000;
  return Response.json({
    region: "eu-west-1", walg_enabled: true, pitr_enabled: pitr, physical_backup_data: pitr ? { earliest_physical_backup_date_unix: Math.floor(at(100) / 1000), latest_physical_backup_date_unix: Math.floor(at(0.1) / 1000) } : {},
    backups: hours === null ? [] : [{ id: 1, is_physical_backup: true, status: "COMPLETED", inserted_at: new Date(at(hours)).toISOString() }],
  });
};
const ENV = { SUPABASE_URL: `https://${REF}.supabase.co`, HOLDFAST_ACCESS_TOKEN: "sbp_secret" };
const verify = async (env: Record<string, string>, fetcher: typeof fetch) => {
  const { verificationId } = await verifyBackup(
    { database: client, storage: { state: "off" }, now: () => 0, lookAtPrimary: (session) => lookAtPrimaryBackups(session, env, fetcher) }, "cli", UNLIMITED);
  const { rows } = await client.query(
    "select subject, verdict, actual from backup.verification_results where verification_id = $1 and check_name = 'check_primary_backups' order by subject desc", [verificationId]);
  const alerts = await client.query("select severity from backup.alerts where cause = 'primary_backups' and resolved_at is null");
  return { rows: rows as { subject: string; verdict: string; actual: string }[], alerts: alerts.rows };
};

it("lookAtPrimaryBackups() lets a verification judge missing and present backups, and its alert come and go", async () => {
  const missing = await verify(ENV, api(null, false));
  expect(missing.rows.map(({ subject, verdict }) => [subject, verdict])).toEqual([["primary", "failed"], ["point_in_time", "failed"]]);
  expect(missing.alerts).toEqual([{ severity: "critical" }]);
  const away = await verify(ENV, () => Promise.resolve(new Response("", { status: 503 })));
  expect(away.rows).toMatchObject([{ verdict: "inconclusive", actual: "the Management API answered 503" }, { verdict: "inconclusive" }]);
  expect(away.alerts).toHaveLength(1);
  const present = await verify(ENV, api(5, true));
  expect(present.rows.map(({ verdict }) => verdict)).toEqual(["passed", "passed"]);
  expect(present.alerts).toEqual([]);
  expect(new Set(urls)).toEqual(new Set([`https://api.supabase.com/v1/projects/${REF}/database/backups`]));
  expect((await client.query("select from backup.primary_backups b where to_jsonb(b)::text ~ 'sbp_secret'")).rows).toEqual([]);
});

it("lookAtPrimaryBackups() prefers the project of the settings, and without a token leaves a hosted project in doubt", async () => {
  await client.query("update backup.settings set project_ref = 'zzzzzzzzzzzzzzzzzzzz' where id");
  await lookAtPrimaryBackups(client, ENV, api(5, true));
  expect(urls.at(-1)).toContain("/zzzzzzzzzzzzzzzzzzzz/");
  expect((await verify({}, api(5, true))).rows).toMatchObject([{ verdict: "inconclusive", actual: "no access token" }, { verdict: "inconclusive" }]);
});
