import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { dropRestoreState, enterPhase, keepLeftOut, loadedChunks, openRestoreState, readRestoreState, recordPhase, rememberActingAs } from "../../../../functions/_shared/restore/restore_state.ts";
import { createRestoreTarget, type RestoreTarget } from "../../../support/restore_world.ts";

const IDENTITY = { runId: "20261123T205500Z-a1b2c3", manifestSha256: "a".repeat(64), options: { only: null, dataOnly: false } };

describe("restore_state", () => {
  let target: RestoreTarget;
  beforeAll(async () => {
    target = await createRestoreTarget();
  });
  afterEach(() => target.sql("select pg_advisory_unlock_all(); drop schema if exists holdfast_restore cascade"));
  afterAll(() => target.close());

  it("openRestoreState() begins once, and continues the same whatever the order of its options", async () => {
    expect(await readRestoreState(target.client)).toBeNull();
    const begun = await openRestoreState(target.client, IDENTITY);
    expect(begun).toMatchObject({ ...IDENTITY, phase: null, phaseSeconds: {} });
    const again = await openRestoreState(target.client, { ...IDENTITY, options: { dataOnly: false, only: null } });
    expect(again).toEqual(begun);
    expect(await readRestoreState(target.client)).toEqual(begun);
  });

  it("openRestoreState() refuses another run, another manifest and other options with HF503", async () => {
    await openRestoreState(target.client, IDENTITY);
    for (const other of [{ runId: "20261123T205500Z-ffffff" }, { manifestSha256: "b".repeat(64) }, { options: { only: null, dataOnly: true } }]) {
      await expect(openRestoreState(target.client, { ...IDENTITY, ...other })).rejects.toMatchObject({ code: "HF503" });
    }
  });

  it("openRestoreState() that may not make its schema says so, and leaves nothing half made", async () => {
    await target.sql("set role anon");
    await expect(openRestoreState(target.client, IDENTITY)).rejects.toMatchObject({ code: "42501" });
    await target.sql("reset role");
    expect(await target.sql("select now() = statement_timestamp() as idle, to_regnamespace('holdfast_restore') is null as none")).toEqual([{ idle: true, none: true }]);
  });

  it("openRestoreState() refuses with HF503 a schema that is not that of a restore", async () => {
    await target.sql("create schema holdfast_restore");
    await expect(openRestoreState(target.client, IDENTITY)).rejects.toMatchObject({ code: "HF503", detail: "It lacks its tables." });
    const admin = await target.connect("admin", target.database.adminUrl);
    await admin.query("drop schema holdfast_restore; create schema holdfast_restore; create table holdfast_restore.restore (); create table holdfast_restore.chunks ()");
    await expect(readRestoreState(target.client)).rejects.toMatchObject({ code: "HF503", detail: "It belongs to another role." });
    await admin.query("drop schema holdfast_restore cascade");
  });

  it("openRestoreState() keeps everybody else out, also where default privileges let them in", async () => {
    await target.sql(`alter default privileges grant all on schemas to public, anon; alter default privileges grant all on tables to public, anon, authenticated`);
    await openRestoreState(target.client, IDENTITY);
    for (const role of ["anon", "authenticated", "service_role"]) {
      expect(await target.sql(`select has_schema_privilege($1, 'holdfast_restore', 'usage, create') as used,
        has_table_privilege($1, 'holdfast_restore.chunks', 'select, insert, update, delete, truncate') as chunks,
        has_table_privilege($1, 'holdfast_restore.restore', 'select, insert, update, delete, truncate') as restore`, [role]))
        .toEqual([{ used: false, chunks: false, restore: false }]);
    }
    expect(await target.sql(`select from pg_namespace n cross join lateral aclexplode(n.nspacl) a where n.nspname = 'holdfast_restore' and a.grantee <> n.nspowner
      union all select from pg_class c cross join lateral aclexplode(c.relacl) a where c.relnamespace = 'holdfast_restore'::regnamespace and a.grantee <> c.relowner`)).toEqual([]);
    await target.sql("alter default privileges revoke all on schemas from public, anon; alter default privileges revoke all on tables from public, anon, authenticated");
  });

  it("openRestoreState() waits for a session that goes away, and refuses with HF503 while another works", async () => {
    const other = await target.connect();
    await openRestoreState(other, IDENTITY);
    setTimeout(() => void other.end(), 500);
    await openRestoreState(target.client, IDENTITY);
    const third = await target.connect();
    await expect(openRestoreState(third, IDENTITY)).rejects.toMatchObject({ code: "HF503", message: "Another restore is running into this database" });
    expect((await third.query("show lock_timeout")).rows).toEqual([{ lock_timeout: "0" }]);
  }, 40_000);

  it("recordPhase() adds up over calls, enterPhase() notes the newest", async () => {
    await openRestoreState(target.client, IDENTITY);
    await enterPhase(target.client, "data");
    await recordPhase(target.client, "data", 1.5);
    await recordPhase(target.client, "data", 2.25);
    await enterPhase(target.client, "sequences");
    await recordPhase(target.client, "sequences", 0.5);
    expect(await readRestoreState(target.client)).toMatchObject({ phase: "sequences", phaseSeconds: { data: 3.75, sequences: 0.5 } });
  });

  it("rememberActingAs() notes a role once, keepLeftOut() what stays behind, for the calls that continue", async () => {
    await openRestoreState(target.client, IDENTITY);
    expect(await readRestoreState(target.client)).toMatchObject({ actingAs: [], leftOut: [] });
    for (const role of ["app", 'o"dd', "app"]) await rememberActingAs(target.client, role);
    const leftOut = [{ reason: "secret" as const, subject: "password of role app", message: "The backup does not hold it." }];
    await keepLeftOut(target.client, leftOut);
    expect(await openRestoreState(target.client, IDENTITY)).toMatchObject({ actingAs: ["app", 'o"dd'], leftOut });
  });

  it("loadedChunks() lists the marks, dropRestoreState() removes everything, also twice", async () => {
    await openRestoreState(target.client, IDENTITY);
    await target.sql("insert into holdfast_restore.chunks values ('data/a', 1), ('data/b', 0)");
    expect(await loadedChunks(target.client)).toEqual(new Set(["data/a", "data/b"]));
    for (const mayReplicate of [true, false]) await dropRestoreState(target.client, { mayReplicate });
    expect(await readRestoreState(target.client)).toBeNull();
    await openRestoreState(target.client, IDENTITY);
    await dropRestoreState(target.client, { mayReplicate: false });
    expect(await readRestoreState(target.client)).toBeNull();
  });

  it("dropRestoreState() calls no event trigger of the backup", async () => {
    await openRestoreState(target.client, IDENTITY);
    const admin = await target.connect("admin", target.database.adminUrl);
    await admin.query(`create table public.heard (event text); grant all on public.heard to public;
      create function public.hear() returns event_trigger language plpgsql as 'begin insert into public.heard values (tg_event); end';
      create event trigger hear_drop on sql_drop execute function public.hear(); create event trigger hear_end on ddl_command_end execute function public.hear()`);
    await dropRestoreState(target.client, { mayReplicate: true });
    const heard = await admin.query("select from public.heard");
    await admin.query("drop event trigger hear_drop; drop event trigger hear_end; drop function public.hear; drop table public.heard");
    expect(heard.rows).toEqual([]);
    expect(await readRestoreState(target.client)).toBeNull();
    expect(await target.sql("select current_setting('session_replication_role') as role")).toEqual([{ role: "origin" }]);
  });
});
