import type { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { getBackupStatus } from "../../../../functions/_shared/status/get_backup_status.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

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

it("getBackupStatus() of an empty ledger has never run", async () => {
  expect(await getBackupStatus(client)).toMatchObject({ health: "never_ran", newest_restore_point: null, rpo_target_seconds: 3600, rto_target_seconds: 14_400, alerts: [] });
});
it("getBackupStatus() tells the failure, the restore point and the alert", async () => {
  await client.query(`
    insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, requested_at, snapshot_at, finished_at, rows, raw_bytes, stored_bytes, manifest_key, manifest_sha256)
    values ('20260101T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/', now() - interval '2 hours', now() - interval '2 hours', now(), 9007199254740991, 20, 10, 'p/manifest.json', 'x');
    insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, finished_at, failure_code, failure_message)
    values ('20260102T000000Z-bbbbbb', 'failed', 'daily', 'http', 'functions', 'q/', now(), 'HF300', 'snapshot lost')`);
  await client.query("select backup.raise_alert('export_failed', 'critical', 'export failed')");
  const status = await getBackupStatus(client);
  expect(status).toMatchObject({ health: "failing", last_run_failure_code: "HF300", newest_restore_point: "20260101T000000Z-aaaaaa", newest_verified: false,
    alerts: [{ cause: "export_failed", severity: "critical", occurrences: 1 }] });
  expect(status.newest_age_seconds).toBeGreaterThanOrEqual(7200);
  expect(status.newest_age_seconds).toBeLessThan(7300);
});
