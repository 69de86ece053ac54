import type { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { listRuns } from "../../../../functions/_shared/status/list_runs.ts";
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

it("listRuns() of an empty ledger is empty", async () => expect(await listRuns(client, 5)).toEqual([]));
it("listRuns() gives the newest first, up to its limit", async () => {
  await client.query(`
    insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, requested_at, snapshot_at, finished_at, rows, raw_bytes, stored_bytes, manifest_key, manifest_sha256)
    values ('20260101T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/', now() - interval '2 hours', now() - interval '2 hours', now(), 9007199254740991, 20, 10, 'p/manifest.json', 'x');
    insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, finished_at, failure_code, failure_message)
    values ('20260102T000000Z-bbbbbb', 'failed', 'daily', 'http', 'functions', 'q/', now(), 'HF300', 'snapshot lost')`);
  expect((await listRuns(client, 5)).map(({ run_id, state, rows }) => [run_id, state, rows])).toEqual([
    ["20260102T000000Z-bbbbbb", "failed", null], ["20260101T000000Z-aaaaaa", "complete", 9007199254740991]]);
  expect(await listRuns(client, 1)).toHaveLength(1);
});
