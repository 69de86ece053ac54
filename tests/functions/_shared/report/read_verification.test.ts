import type { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { newestVerificationId, readVerification } from "../../../../functions/_shared/report/read_verification.ts";
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

it("readVerification() refuses an unknown one with HF006", async () => {
  await expect(readVerification(client, "00000000-0000-4000-8000-000000000000")).rejects.toMatchObject({ code: "HF006" });
});
it("readVerification() gives answers, open checks and the restore point of its own run", async () => {
  await client.query(`
    insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, requested_at, snapshot_at, finished_at, rows, raw_bytes, stored_bytes, manifest_key, manifest_sha256)
    values ('20260101T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/', now() - interval '2 hours', now() - interval '2 hours', now(), 9007199254740991, 20, 10, 'p/manifest.json', 'x');
    insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, finished_at, failure_code, failure_message)
    values ('20260102T000000Z-bbbbbb', 'failed', 'daily', 'http', 'functions', 'q/', now(), 'HF300', 'snapshot lost')`);
  const { rows } = await client.query("select backup.start_verification('http') as id");
  await client.query("select backup.record_findings($1, 'check_indexes', '[{\"subject\": \"s\", \"verdict\": \"failed\", \"evidence\": {\"n\": 1}}]', 1.5)", [rows[0].id]);
  const data = await readVerification(client, rows[0].id);
  expect(data).toMatchObject({ verdict: null, trigger: "http", restore_point: { run_id: "20260101T000000Z-aaaaaa", rows: 9007199254740991, verified: false, tables: [] } });
  expect(data.findings).toEqual([{ check_name: "check_indexes", subject: "s", verdict: "failed", expected: null, actual: null, evidence: { n: 1 }, duration_ms: 1.5 }]);
  expect(data.checks.filter(({ state }) => state === "done")).toEqual([{ check_name: "check_indexes", state: "done" }]);
});
it("newestVerificationId() tells finished ones from open ones", async () => {
  expect(await newestVerificationId(client)).not.toBeNull();
  expect(await newestVerificationId(client, true)).toBeNull();
});
