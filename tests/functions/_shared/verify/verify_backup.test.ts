import { createHash } from "node:crypto";
import type { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import type { ObjectStorage } from "../../../../functions/_shared/verify/object_storage.ts";
import {
  continueVerification, FUNCTION_LIMITS, startVerification, UNLIMITED, verifyBackup, type VerifyBackupDeps,
} from "../../../../functions/_shared/verify/verify_backup.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

const RUN = "20260101T000000Z-aaaaaa";
const PREFIX = "holdfast/local/runs/1/";
const hash = (text: string) => createHash("sha256").update(text).digest("hex");
const OBJECTS: Record<string, string> = { [`${PREFIX}schema.sql.gz`]: "schema", [`${PREFIX}data/shop.pets/2.copy.gz`]: "rex,1" };

let database: TestDatabase;
let client: Client;
beforeAll(async () => void (database = await createTestDatabase({ migrated: true })));
afterAll(() => database.drop());

beforeEach(async () => {
  client = await connect(database.url, { applicationName: "holdfast test" });
  await client.query(`
    create schema shop;
    create table shop.pets (id integer primary key, name text not null);
    insert into shop.pets values (1, 'rex');
    alter table shop.pets enable row level security;
    insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, rows, raw_bytes, stored_bytes, manifest_key, manifest_sha256, warnings)
    values ('${RUN}', 'complete', 'weekly', 'sql', 'cli', '${PREFIX}', now() - interval '1 hour', now(), 1, 6, 11, '${PREFIX}manifest.json', '${hash("{}")}',
            '[{"code": "not_covered", "subject": "shop.view", "message": "a materialized view is refreshed on restore"}]');
    insert into backup.run_tables (run_id, schema_name, table_name, relid, status, columns, rows, fingerprint)
    values ('${RUN}', 'shop', 'pets', 'shop.pets'::regclass, 'exported', '{id,name}', 1, 'ff');
    insert into backup.chunks (run_id, chunk_no, kind, state, done_at, objects) values
    ('${RUN}', 1, 'schema', 'done', now(), '${JSON.stringify([{ key: `${PREFIX}schema.sql.gz`, sha256: hash("schema"), bytes: 6, content: "schema" }])}');
    insert into backup.chunks (run_id, chunk_no, kind, schema_name, table_name, first_tid, state, done_at, object_key, sha256, stored_bytes, rows, row_hash_sum)
    values ('${RUN}', 2, 'data', 'shop', 'pets', '(0,0)', 'done', now(), '${PREFIX}data/shop.pets/2.copy.gz', '${hash("rex,1")}', 5, 1, 1);`);
});
afterEach(async () => {
  await client.end();
  await database.drop();
  database = await createTestDatabase({ migrated: true });
});

function bucket(changes: Record<string, string | HoldfastError> = {}): ObjectStorage {
  const stored: Record<string, string | HoldfastError> = { ...OBJECTS, [`${PREFIX}manifest.json`]: "{}", ...changes };
  return {
    state: "ready",
    reader: {
      getObject: async (key) => {
        const found = stored[key] ?? new HoldfastError("HF204", "it does not exist");
        if (found instanceof HoldfastError) throw found;
        return new TextEncoder().encode(found) as Uint8Array<ArrayBuffer>;
      },
      listObjects: async function* () {
        for (const [key, text] of Object.entries(stored)) if (typeof text === "string") yield { key, bytes: text.length };
      },
    },
  };
}
const deps = (storage: ObjectStorage = bucket()): VerifyBackupDeps => ({ database: client, storage, now: () => performance.now() });
const rows = async (sql: string) => (await client.query(sql)).rows;
const replaceCheck = (name: string, body: string) => client.query(`
  do $$ declare v_function regprocedure; begin
    for v_function in select p.oid from pg_catalog.pg_proc p where p.pronamespace = 'backup'::regnamespace and p.proname = '${name}' loop
      execute 'drop function ' || v_function; end loop; end $$;
  create function backup.${name}() returns setof backup.finding language plpgsql as $$ begin ${body} end $$;`);

describe("verifyBackup()", () => {
  it("verifyBackup() passes a sound backup, runs every check and stores its report", async () => {
    const result = await verifyBackup(deps(), "cli", UNLIMITED);
    expect(await rows("select check_name, subject, actual from backup.verification_results where verdict in ('failed', 'inconclusive')")).toEqual([]);
    expect(result).toMatchObject({ verdict: "passed", background: [], report: expect.stringMatching(/^# Backup verification: passed\n/) });
    expect(await rows("select verdict, report, run_id, trigger from backup.verifications")).toEqual([
      { verdict: "passed", report: result.report, run_id: RUN, trigger: "cli" }]);
    expect(await rows("select check_name from backup.verification_results except select backup.verification_check_names()")).toEqual([]);
    expect(await rows("select backup.verification_check_names() except select check_name from backup.verification_results")).toEqual([]);
    expect(result.report).toContain("| shop.pets | 1 | 1 | passed |");
    expect(result.report).toContain("- not_covered shop.view: a materialized view is refreshed on restore");
  });

  it("verifyBackup() names a corrupted object and raises an alert", async () => {
    const result = await verifyBackup(deps(bucket({ [`${PREFIX}data/shop.pets/2.copy.gz`]: "REX,1" })), "http", { ...UNLIMITED });
    // One share in four is read per verification; the fourth has read them all.
    const others = [result];
    for (let n = 0; n < 3; n++) others.push(await verifyBackup(deps(bucket({ [`${PREFIX}data/shop.pets/2.copy.gz`]: "REX,1" })), "http", UNLIMITED));
    expect(others.filter(({ verdict }) => verdict === "failed")).toHaveLength(1);
    expect(await rows("select subject, expected from backup.verification_results where verdict = 'failed'")).toEqual([
      { subject: `${PREFIX}data/shop.pets/2.copy.gz`, expected: `sha256 ${hash("rex,1")}` }]);
    expect(await rows("select severity, details -> 'checks' as checks from backup.alerts where cause = 'verification_failed'")).toEqual([
      { severity: "critical", checks: ["check_backup_objects"] }]);
  });

  it("verifyBackup() reads every object of every restore point exactly once in as many verifications as there are shares, under any byte budget", async () => {
    await client.query("update backup.settings set object_sample_share = 3 where id");
    const OLD = "holdfast/local/runs/0/";
    const many = Array.from({ length: 24 }, (_, n) => ({ content: "x", key: `x/${n}.gz`, sha256: hash(`${n}`), bytes: String(n).length }));
    const manifest = JSON.stringify({
      format: "holdfast-backup", format_version: 1, tool: { name: "holdfast", version: "1" }, project: "local", run_id: "20251201T000000Z-aaaaaa", tier: "weekly", engine: "cli",
      snapshot: { id: "1", at: "2026-01-01T00:00:00Z", lsn: "0/0", xids: "1:1:" }, server: { version: "17", version_num: 170000, database: "d", settings: {} }, encryption: null,
      objects: many, tables: [], excluded: [], warnings: [], totals: { tables: 0, rows: 0, objects: 24, raw_bytes: 0, stored_bytes: 0 }, finished_at: "2026-01-01T00:00:00Z" });
    await client.query(`insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256)
      values ('20251201T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', '${OLD}', now() - interval '7 days', now(), '${OLD}manifest.json', '${hash(manifest)}')`);
    const objects = [...Object.keys(OBJECTS), ...many.map(({ key }) => OLD + key)].sort();
    const stored = bucket({ [`${OLD}manifest.json`]: manifest, ...Object.fromEntries(many.map(({ key }, n) => [OLD + key, `${n}`])) });
    if (stored.state !== "ready") throw new Error("the bucket is not ready");
    const { reader } = stored;
    const verify = async (maxBytes: number, away = false): Promise<string[]> => {
      const read: string[] = [];
      const getObject = async (key: string) => {
        if (away && key.includes("/x/")) throw new HoldfastError("HF203", "S3 is away");
        if (!key.endsWith("manifest.json")) read.push(key);
        return await reader.getObject(key);
      };
      const result = await verifyBackup(deps({ state: "ready", reader: { ...reader, getObject } }), "cli", { ...UNLIMITED, maxBytes });
      expect(result.verdict).toBe(away ? "inconclusive" : "passed");
      return read;
    };
    // A share that the storage kept from being read is due again.
    await verify(Infinity, true);
    const read: string[] = [];
    for (let week = 0; week < 3; week++) read.push(...await verify(Infinity));
    expect(read.sort()).toEqual(objects);
    const rationed: string[] = [];
    for (let week = 0; rationed.length < objects.length && week < 20; week++) rationed.push(...await verify(12));
    expect(rationed.sort()).toEqual(objects);
  }, 60_000);

  it("verifyBackup() is inconclusive, not failed, while S3 is away", async () => {
    const result = await verifyBackup(deps(bucket({ [`${PREFIX}manifest.json`]: new HoldfastError("HF203", "S3 is away") })), "http", UNLIMITED);
    expect(result.verdict).toBe("inconclusive");
    expect(result.report).toContain("HF203: S3 is away");
    expect(await rows("select cause, severity from backup.alerts")).toEqual([{ cause: "verification_inconclusive", severity: "warning" }]);
  });

  it("verifyBackup() reports a check that throws and runs the others", async () => {
    await replaceCheck("check_row_counts", "perform 1 / 0;");
    const result = await verifyBackup(deps(), "cli", UNLIMITED);
    expect(result.verdict).toBe("inconclusive");
    expect(await rows("select actual from backup.verification_results where verdict = 'inconclusive'")).toEqual([{ actual: "error 22012" }]);
    expect(await rows("select check_name from backup.verification_checks where state <> 'done'")).toEqual([]);
  });

  it("verifyBackup() reports a check whose answers cannot be recorded", async () => {
    await replaceCheck("check_row_counts", "return next ('check_row_counts', 'x', 'passed', null, null, '{}')::backup.finding;");
    await client.query(`create function public.refuse() returns trigger language plpgsql as
      $$ begin if new.check_name = 'check_row_counts' and new.verdict = 'passed' then raise exception using errcode = '53100'; end if; return new; end $$;
      create trigger refuse before insert on backup.verification_results for each row execute function public.refuse()`);
    await verifyBackup(deps(), "cli", UNLIMITED);
    expect(await rows("select verdict, actual from backup.verification_results where check_name = 'check_row_counts'")).toEqual([
      { verdict: "inconclusive", actual: "error 53100" }]);
  });

  it("verifyBackup() hands a check that takes too long to pg_cron and leaves the verdict open", async () => {
    await client.query("update backup.settings set check_timeout = '300 milliseconds'");
    await replaceCheck("check_foreign_keys", "perform pg_catalog.pg_sleep(20);");
    const result = await verifyBackup(deps(), "schedule", FUNCTION_LIMITS);
    expect(result).toMatchObject({ verdict: null, report: null, background: ["check_foreign_keys"] });
    const [job] = await rows("select command from cron.job where jobname like 'holdfast-check_foreign_keys-%'");

    // What pg_cron does with it, once the check is quick enough.
    await replaceCheck("check_foreign_keys", "return next ('check_foreign_keys', 'x', 'passed', 'a', 'b', '{}')::backup.finding;");
    await client.query((job as { command: string }).command);
    await client.query("reset search_path");
    expect(await rows("select jobname from cron.job where jobname like 'holdfast-check%'")).toEqual([]);
    expect(await rows("select verdict from backup.verifications")).toEqual([{ verdict: "passed" }]);

    const [ticket] = await rows("select body from backup.tickets where function_name = 'verify-backup'");
    expect(ticket).toEqual({ body: { verification_id: result.verificationId } });
    const finished = await continueVerification(deps(), result.verificationId, FUNCTION_LIMITS);
    expect(finished.report).toMatch(/^# Backup verification: passed/);
    expect(await rows("select report from backup.verifications")).toEqual([{ report: finished.report }]);
  });

  it("verifyBackup() does not time out a check of the command", async () => {
    await client.query("update backup.settings set check_timeout = '50 milliseconds'");
    await replaceCheck("check_foreign_keys", "perform pg_catalog.pg_sleep(0.2);");
    expect((await verifyBackup(deps(), "cli", UNLIMITED)).background).toEqual([]);
  });

  it("verifyBackup() hands over what is left when its own time is up", async () => {
    const result = await verifyBackup(deps(), "schedule", { ...FUNCTION_LIMITS, wallMs: 0 });
    expect(result.background).toHaveLength(12);
    expect(await rows("select check_name from backup.verification_checks where state = 'done'")).toEqual([{ check_name: "check_backup_objects" }]);
  });
});

describe("continueVerification()", () => {
  it("continueVerification() shares the checks when two processes continue at once", async () => {
    const id = await startVerification(client, "http");
    const second = await connect(database.url, { applicationName: "holdfast test" });
    try {
      await Promise.all([continueVerification(deps(), id, UNLIMITED), continueVerification({ ...deps(), database: second }, id, UNLIMITED)]);
    } finally {
      await second.end();
    }
    expect(await rows("select verdict from backup.verifications")).toEqual([{ verdict: "passed" }]);
    expect(await rows("select check_name from backup.verification_results where subject in ('contents', 'newest drill') order by 1")).toHaveLength(2);
  });

  it("continueVerification() cannot deadlock with another process that records at the same moment", async () => {
    const id = await startVerification(client, "http");
    const second = await connect(database.url, { applicationName: "holdfast test" });
    const record = "insert into backup.verification_results (verification_id, check_name, subject, verdict) values ($1, 'x', 'x', 'passed')";
    try {
      await client.query("begin; set local lock_timeout = '2s'");
      await client.query(record, [id]);
      await second.query("begin");
      await second.query(record, [id]);
      // Waits for nobody, although the other transaction refers to the same verification.
      await client.query("select backup.close_verification($1)", [id]);
      await client.query("commit");
      await second.query("commit");
    } finally {
      await second.end();
    }
  });

  it("continueVerification() refuses an unknown verification with HF006", async () => {
    await expect(continueVerification(deps(), "00000000-0000-4000-8000-000000000000", UNLIMITED)).rejects.toMatchObject({ code: "HF006" });
  });
});
