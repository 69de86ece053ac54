import type { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { readRestorePointObjects } from "../../../../functions/_shared/verify/restore_point_objects.ts";
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

const start = async (): Promise<string> => (await client.query("select backup.start_verification('sql') as id")).rows[0].id;

it("readRestorePointObjects() is null without a restore point", async () => expect(await readRestorePointObjects(client, await start())).toBeNull());
it("readRestorePointObjects() lists what the ledger says was stored, with the older restore points and the share that is due", async () => {
  await client.query(`
    insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, requested_at, snapshot_at, finished_at, rows, raw_bytes, stored_bytes, manifest_key, manifest_sha256)
    values ('20260101T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/', now() - interval '2 hours', now() - interval '2 hours', now(), 9007199254740991, 20, 10, 'p/manifest.json', 'x');
    insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, finished_at, failure_code, failure_message)
    values ('20260102T000000Z-bbbbbb', 'failed', 'daily', 'http', 'functions', 'q/', now(), 'HF300', 'snapshot lost')`);
  await client.query(`
    insert into backup.run_tables (run_id, schema_name, table_name, relid, status, columns, rows, fingerprint) values ('20260101T000000Z-aaaaaa', 's', 't', 1, 'exported', '{}', 1, 'f');
    insert into backup.chunks (run_id, chunk_no, kind, state, done_at, stored_bytes, objects) values
      ('20260101T000000Z-aaaaaa', 1, 'schema', 'done', now(), 7, '[{"key": "p/schema.sql.gz", "sha256": "s1", "bytes": 7, "content": "schema"}]'),
      ('20260101T000000Z-aaaaaa', 4, 'manifest', 'done', now(), 9, '[{"key": "p/manifest.json", "sha256": "m", "bytes": 9, "content": "manifest"}]');
    insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid, state, done_at, object_key, sha256, stored_bytes, rows, row_hash_sum) values
      ('20260101T000000Z-aaaaaa', 2, 'data', 's', 't', '(0,0)', 'done', now(), 'p/data/s.t/2.copy.gz', 's2', 5, 1, 1);
    insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid, state) values
      ('20260101T000000Z-aaaaaa', 3, 'data', 's', 't', '(0,0)', 'replaced')`);
  const first = await readRestorePointObjects(client, await start());
  expect(first).toEqual({ runId: "20260101T000000Z-aaaaaa", objectPrefix: "p/", manifestKey: "p/manifest.json", manifestSha256: "x", manifestBytes: 9, share: { of: 4, index: 0, after: null }, older: [],
    objects: [{ key: "p/data/s.t/2.copy.gz", sha256: "s2", bytes: 5 }, { key: "p/schema.sql.gz", sha256: "s1", bytes: 7 }] });

  const shareAfter = async (evidence: object | null) => {
    if (evidence !== null) await client.query(`insert into backup.verification_results (verification_id, check_name, subject, verdict, evidence) values ($1, 'check_backup_objects', 'contents', 'passed', $2)`, [await start(), JSON.stringify(evidence)]);
    return (await readRestorePointObjects(client, await start()))?.share;
  };
  expect(await shareAfter({ share: 0, share_of: 4, next: null })).toEqual({ of: 4, index: 1, after: null });
  expect(await shareAfter({ bytes: 1 }), "an answer without a mark is no reading").toEqual({ of: 4, index: 1, after: null });
  expect(await shareAfter({ share: 1, share_of: 4, next: "p/k" })).toEqual({ of: 4, index: 1, after: "p/k" });
  expect(await shareAfter({ share: 3, share_of: 4 })).toEqual({ of: 4, index: 0, after: null });
  await client.query("update backup.settings set object_sample_share = 2 where id");
  expect(await shareAfter(null), "another number of shares").toEqual({ of: 2, index: 0, after: null });

  await client.query(`
    insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, requested_at, snapshot_at, finished_at, manifest_key, manifest_sha256, archived) values
      ('20251230T000000Z-cccccc', 'complete', 'weekly', 'sql', 'cli', 'o/', now() - interval '3 days', now() - interval '3 days', now(), 'o/manifest.json', 'y', true),
      ('20250101T000000Z-dddddd', 'complete', 'weekly', 'sql', 'cli', 'e/', now() - interval '3 years', now() - interval '3 years', now(), 'e/manifest.json', 'z', false)`);
  expect((await readRestorePointObjects(client, await start()))?.older, "what retention may have deleted is left out")
    .toEqual([{ runId: "20251230T000000Z-cccccc", objectPrefix: "o/", manifestKey: "o/manifest.json", manifestSha256: "y", archived: true }]);
});
