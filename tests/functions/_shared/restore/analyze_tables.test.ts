import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { analyzeTables } from "../../../../functions/_shared/restore/analyze_tables.ts";
import { createRestoreTarget, type RestoreTarget } from "../../../support/restore_world.ts";
import { withContent } from "../../../support/with_content.ts";

const table = (name: string, schema = "public") => ({ schema, name, columns: ["id"], rows: 0, fingerprint: "", fingerprint_expression: "", raw_bytes: 0, stored_bytes: 0, chunks: [] });

describe("analyzeTables()", () => {
  let target: RestoreTarget;
  beforeAll(async () => {
    target = await createRestoreTarget({ sql: `
      create table public."Odd ""name""" as select g as id from generate_series(1, 100) g; create table public.untouched as select 1 as id;
      create table public.parent (id integer) partition by range (id); create table public.below partition of public.parent for values from (0) to (1000) partition by range (id);
      create table public.leaf partition of public.below for values from (0) to (500); insert into public.leaf select g from generate_series(1, 100) g` });
  });
  afterAll(() => target.close());
  const analyzed = async () => (await target.sql<{ name: string }>("select distinct c.relname as name from pg_statistic s join pg_class c on c.oid = s.starelid where c.relnamespace = 'public'::regnamespace order by 1")).map(({ name }) => name);

  it("analyzeTables() gathers statistics of the tables and of what they are partitions of, with helpers", async () => {
    const seen: string[] = [];
    await analyzeTables(await target.context(withContent({}), { tables: [table('Odd "name"'), table("leaf"), table("missing")], options: { workers: 3 }, onProgress: (done, total) => void seen.push(`${done}/${total}`) }));
    expect(await analyzed()).toEqual(['Odd "name"', "below", "leaf", "parent"].sort());
    expect(seen).toEqual(["1/2", "2/2"]);
  });

  it("analyzeTables() lists tables that the role may not analyze, and those the server refuses", async () => {
    const admin = await target.connect("admin", target.database.adminUrl);
    await admin.query("create table public.foreign_owner (id integer); revoke all on auth.users, auth.sessions from postgres");
    await target.sql(`create function public.fails(integer) returns integer language plpgsql immutable as 'begin if $1 = 7 and pg_catalog.current_setting(''test.fail'', true) = ''on'' then raise exception ''secret''; end if; return $1; end';
      create table public.expression as select g as id from generate_series(1, 50) g; create index on public.expression (public.fails(id)); set test.fail = 'on'`);
    const context = await target.context(withContent({}), { tables: [table("foreign_owner"), table("users", "auth"), table("sessions", "auth"), table("expression"), table("untouched")], options: { workers: 1 } });
    await analyzeTables(context);
    expect(context.leftOut).toEqual([
      { reason: "role", subject: "statistics of public.foreign_owner", message: expect.any(String) },
      { reason: "role", subject: "statistics of schema auth", message: "The role may not analyze 2 of the platform's tables; autovacuum will." },
      { reason: "unsupported", subject: "statistics of public.expression", message: "The server refuses to gather them (SQLSTATE P0001)." },
    ]);
    expect(await analyzed()).toContain("untouched");
    await target.sql("set test.fail = 'off'");
    await admin.query("drop table public.foreign_owner");
  });

  it("analyzeTables() asks no other server, and analyzes the tables beside a foreign one", async () => {
    const admin = await target.connect("admin", target.database.adminUrl);
    await admin.query(`create extension postgres_fdw schema extensions; create server far foreign data wrapper postgres_fdw options (host '127.0.0.1', port '1'); create user mapping for public server far;
      create table public.mixed (id integer) partition by range (id); create table public.near partition of public.mixed for values from (0) to (500);
      create foreign table public.away partition of public.mixed for values from (500) to (1000) server far;
      create table public.heir_of (id integer); create foreign table public.heir () inherits (public.heir_of) server far;
      insert into public.near select g from generate_series(1, 100) g; insert into public.heir_of values (1);
      alter table public.mixed owner to postgres; alter table public.near owner to postgres; alter table public.heir_of owner to postgres`);
    const context = await target.context(withContent({}), { tables: [table("near"), table("heir_of")], options: { workers: 1 } });
    await analyzeTables(context);
    expect(context.leftOut.map(({ subject, message }) => `${subject}: ${message}`).sort()).toEqual(["public.heir_of", "public.mixed"].map((name) =>
      expect.stringContaining(`statistics of ${name}: Part of it is a foreign table`)));
    expect(await analyzed()).toContain("near");
    await admin.query("drop extension postgres_fdw cascade; drop table public.mixed, public.heir_of");
  });
});
