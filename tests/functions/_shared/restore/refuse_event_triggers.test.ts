import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { planRestore } from "../../../../functions/_shared/restore/plan_restore.ts";
import type { RestoreRequest } from "../../../../functions/_shared/restore/prepare_restore.ts";
import { refuseEventTriggers } from "../../../../functions/_shared/restore/refuse_event_triggers.ts";
import { restoreBackup } from "../../../../functions/_shared/restore/restore_backup.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";
import { writeBackup, type WrittenBackup } from "../../../support/written_backup.ts";

/** Event triggers need a superuser for an owner, and those of supabase_admin are the platform's. */
const OWNER = `holdfast_dba_${process.pid}`;
const TABLE = "create schema shop; create table shop.orders (id integer primary key, note text)";

describe("refuseEventTriggers()", () => {
  let source: TestDatabase;
  let target: TestDatabase;
  let admin: Client;
  let written: WrittenBackup;
  beforeAll(async () => {
    [source, target] = [await createTestDatabase(), await createTestDatabase()];
    const session = await connect(source.url, { applicationName: "holdfast test" });
    await session.query(`${TABLE}; insert into shop.orders select g, 'n' from generate_series(1, 20) g; create extension citext schema extensions`);
    written = await writeBackup(session, ["shop"], { "globals.json": { roles: [], memberships: [], settings: [], cron_jobs: [] } });
    await session.end();
    admin = await connect(target.adminUrl, { applicationName: "holdfast test" });
    await admin.query(`create role ${OWNER} superuser; create sequence public.heard; grant all on sequence public.heard to public;
      create function public.hear() returns event_trigger language plpgsql as $f$ begin perform nextval('public.heard'); end $f$;
      create event trigger hear_end on ddl_command_end execute function public.hear(); alter event trigger hear_end owner to ${OWNER};
      create event trigger hear_drop on sql_drop execute function public.hear(); alter event trigger hear_drop owner to ${OWNER}`);
  });
  afterAll(async () => {
    await admin.query("drop event trigger hear_end; drop event trigger hear_drop");
    await admin.query(`drop role ${OWNER}`);
    await admin.end();
    await source.drop();
    await target.drop();
  });
  const requestOf = (options: Partial<RestoreRequest["options"]> = {}): RestoreRequest => ({
    s3: written.storage, from: "latest", tables: [], schemas: [], intoExisting: target.name, connect: (applicationName) => connect(target.url, { applicationName }),
    options: { dataOnly: false, schemaOnly: false, skipDamaged: false, prove: true, workers: 2, ...options },
  });
  /** DDL of the test itself is no news to anybody. */
  const arrange = (sql: string) => admin.query(`alter event trigger hear_end disable; alter event trigger hear_drop disable; ${sql}; select setval('public.heard', 1, false)`);
  const heard = async () => (await admin.query("select q.is_called as heard from public.heard q")).rows;
  const refusal = { code: "HF502", message: expect.stringContaining("event triggers"), detail: expect.stringContaining("hear_end"), hint: expect.stringContaining("alter event trigger") };

  it.each([["usual", "enable"], ["always enabled", "enable always"], ["enabled for replicas", "enable replica"]])(
    "refuseEventTriggers() keeps a restore out of a database with %s event triggers, before anything has called them", async (_what, words) => {
      await arrange(`alter event trigger hear_end ${words}`);
      await expect(planRestore(requestOf())).rejects.toMatchObject(refusal);
      await expect(restoreBackup(requestOf())).rejects.toMatchObject(refusal);
      expect(await heard()).toEqual([{ heard: false }]);
      expect((await admin.query("select to_regnamespace('holdfast_restore') is null as untouched")).rows).toEqual([{ untouched: true }]);
    });

  it("refuseEventTriggers() says what lets the restore go on, as statements to run, and leaves nothing else to do", async () => {
    await arrange("alter event trigger hear_end enable always; alter event trigger hear_drop enable");
    const error: unknown = await planRestore(requestOf()).catch((one: unknown) => one);
    const [, disable = "", enable = ""] = /as their owner: (.*;) Enable them when it has ended: (.*;)$/.exec((error as { hint?: string }).hint ?? "") ?? [];
    await admin.query(disable);
    await planRestore(requestOf());
    await admin.query(enable);
    expect((await admin.query("select e.evtname as name, e.evtenabled::text as enabled from pg_event_trigger e where e.evtname like 'hear%' order by 1")).rows)
      .toEqual([{ name: "hear_drop", enabled: "O" }, { name: "hear_end", enabled: "A" }]);
  });

  it("refuseEventTriggers() lets rows alone be restored where usual ones do not hear of it", async () => {
    await arrange(`drop schema if exists shop cascade; ${TABLE}; grant all on schema shop to postgres; alter table shop.orders owner to postgres; alter event trigger hear_end enable always`);
    await expect(restoreBackup(requestOf({ dataOnly: true }))).rejects.toMatchObject(refusal);
    await admin.query("alter event trigger hear_end enable; alter event trigger hear_drop enable");
    expect((await restoreBackup(requestOf({ dataOnly: true }))).proof?.verdict).toBe("passed");
    expect(await heard()).toEqual([{ heard: false }]);
    await admin.query("create table public.other ()");
    expect(await heard(), "they hear of others").toEqual([{ heard: true }]);
  }, 60_000);

  it("refuseEventTriggers() does not let rows alone be restored by a role that cannot keep them quiet, or where logins call one", () => {
    const check = (event: string, mayReplicate: boolean) => () => refuseEventTriggers({ database: "d", mayReplicate, eventTriggers: [{ name: "one", event, enabled: "O" }] }, { dataOnly: true });
    expect(check("sql_drop", false)).toThrow(expect.objectContaining({ code: "HF502", detail: "one" }));
    expect(check("login", true)).toThrow(expect.objectContaining({ code: "HF502" }));
    expect(check("sql_drop", true)).not.toThrow();
  });

  it("refuseEventTriggers() leaves those of the platform and of extensions in force", async () => {
    await arrange("drop schema if exists shop cascade; create extension if not exists citext schema extensions; alter extension citext add event trigger hear_end; alter event trigger hear_end enable");
    await planRestore(requestOf());
    await arrange("alter extension citext drop event trigger hear_end; drop extension citext");
    await arrange("alter event trigger hear_end owner to supabase_admin; alter event trigger hear_end enable");
    await planRestore(requestOf());
    expect(await heard(), "a plan tries things out, which is no news to them either").toEqual([{ heard: false }]);
    expect((await restoreBackup(requestOf())).proof?.verdict).toBe("passed");
    expect(await heard()).toEqual([{ heard: true }]);
  }, 60_000);

  it("refuseEventTriggers() leads somebody on whose new project has a trigger that secures new tables, as the source had", async () => {
    const [from, to] = [await createTestDatabase(), await createTestDatabase()];
    try {
      for (const { adminUrl } of [from, to]) {
        const client = await connect(adminUrl, { applicationName: "holdfast test" });
        // The platform lets postgres own one, which a server by itself does not.
        await client.query(`create function public.rls_auto_enable() returns event_trigger language plpgsql security definer set search_path = pg_catalog as $f$
            declare made record; begin for made in select * from pg_event_trigger_ddl_commands() where object_type = 'table' loop
              execute format('alter table %s enable row level security', made.object_identity); end loop; end $f$;
          alter function public.rls_auto_enable() owner to postgres;
          create event trigger ensure_rls on ddl_command_end when tag in ('CREATE TABLE') execute function public.rls_auto_enable();
          set allow_system_table_mods = on; update pg_event_trigger set evtowner = 'postgres'::regrole where evtname = 'ensure_rls'`);
        await client.end();
      }
      const session = await connect(from.url, { applicationName: "holdfast test" });
      await session.query(`${TABLE}; create table shop.open (id integer); alter table shop.open disable row level security`);
      const { storage } = await writeBackup(session, ["public", "shop"], { "globals.json": { roles: [], memberships: [], settings: [], cron_jobs: [] } });
      await session.end();
      const request = { ...requestOf(), s3: storage, intoExisting: null, connect: (applicationName: string) => connect(to.url, { applicationName }) };
      const error: unknown = await restoreBackup(request).catch((one: unknown) => one);
      expect(error).toMatchObject({ code: "HF502", detail: "ensure_rls" });
      const postgres = await connect(to.url, { applicationName: "holdfast test" });
      await postgres.query(/as their owner: (.*;) Enable/.exec((error as { hint?: string }).hint ?? "")?.[1] ?? "");
      const { proof, leftOut } = await restoreBackup(request);
      expect([proof?.verdict, leftOut.filter(({ subject }) => subject.includes("ensure_rls"))]).toEqual(["passed", []]);
      expect((await postgres.query("select c.relname as name, c.relrowsecurity as secured from pg_class c where c.relnamespace = 'shop'::regnamespace and c.relkind = 'r' order by 1")).rows)
        .toEqual([{ name: "open", secured: false }, { name: "orders", secured: true }]);
      expect((await postgres.query("select e.evtenabled::text as enabled from pg_event_trigger e where e.evtname = 'ensure_rls'")).rows).toEqual([{ enabled: "O" }]);
      await postgres.end();
    } finally {
      for (const one of [from, to]) await one.drop();
    }
  }, 60_000);
});
