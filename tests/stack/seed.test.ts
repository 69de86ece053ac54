import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import pg from "pg";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

const APPLICATION_SCHEMAS = "('public', 'Billing & Co')";

describe("supabase/seed.sql", () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase({ seeded: true });
    client = new pg.Client(database.url);
    await client.connect();
  }, 120_000);

  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  async function values(sql: string, parameters: unknown[] = []): Promise<unknown[]> {
    const result = await client.query({ text: sql, values: parameters, rowMode: "array" });
    return result.rows.map((row: unknown[]) => row[0]);
  }

  it("holds at least 200,000 rows in 60 to 130 MB, and no empty table", async () => {
    const tables = await values(
      `select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind = 'r' and (n.nspname in ${APPLICATION_SCHEMAS}
         or c.oid in ('auth.users'::regclass, 'auth.identities'::regclass, 'storage.buckets'::regclass, 'storage.objects'::regclass))`,
    );
    let total = 0;
    for (const table of tables) {
      const [rows] = await values(`select count(*)::int from ${String(table)}`);
      expect(rows, String(table)).toBeGreaterThan(0);
      total += Number(rows);
    }
    expect(total).toBeGreaterThan(200_000);
    const [megabytes] = await values("select (pg_database_size(current_database()) / 1e6)::int");
    expect(megabytes).toBeGreaterThan(60);
    expect(megabytes).toBeLessThan(130);
  });

  it("gives the same rows every time, on every server version", async () => {
    // Whoever changes the seed records the new value.
    await client.query("set timezone = 'UTC'");
    const rows = await values(`
      select md5(string_agg(t::text, ',' order by id)) from public.pets t
      union all select md5(string_agg(t::text, ',' order by invoice_id, line_number)) from public.invoice_lines t
      union all select md5(string_agg(t::text, ',' order by id)) from public.invoices t
      union all select md5(string_agg(t::text, ',' order by id)) from public.prescriptions t
      union all select md5(string_agg(t::text, ',' order by id)) from storage.objects t
      union all select md5(string_agg(id || (visited_at at time zone 'utc')::text || diagnosis, ',' order by id)) from public.visits t`);
    expect(createHash("sha256").update(rows.sort().join()).digest("hex").slice(0, 16)).toBe("eaa51752f73b4b28");
  });

  it("holds every foreign key, also when it is checked again", async () => {
    const constraints = await client.query(
      `select conname, conrelid::regclass::text as child, confrelid::regclass::text as parent,
         (select string_agg(format('c.%I', attname), ', ' order by n) from unnest(conkey) with ordinality k (a, n) join pg_attribute on attrelid = conrelid and attnum = a) as child_columns,
         (select string_agg(format('p.%I', attname), ', ' order by n) from unnest(confkey) with ordinality k (a, n) join pg_attribute on attrelid = confrelid and attnum = a) as parent_columns
       from pg_constraint where contype = 'f' and conparentid = 0 and connamespace in (select oid from pg_namespace where nspname in ${APPLICATION_SCHEMAS})`,
    );
    expect(constraints.rows.length).toBeGreaterThanOrEqual(17);
    for (const { conname, child, parent, child_columns, parent_columns } of constraints.rows) {
      const [orphans] = await values(
        `select count(*)::int from ${child} c where (${child_columns}) is not null
         and not exists (select from ${parent} p where (${parent_columns}) = (${child_columns}))`,
      );
      expect(orphans, conname).toBe(0);
    }
    expect(await values("select conname from pg_constraint where not convalidated")).toEqual([]);
  });

  it("leaves every sequence beyond the values in use", async () => {
    const owned = await client.query(
      `select d.objid::regclass::text as sequence, d.refobjid::regclass::text as table, quote_ident(a.attname) as column
       from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S'
       join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
       join pg_class t on t.oid = d.refobjid and t.relnamespace::regnamespace::text in ('public', '"Billing & Co"') where d.deptype in ('a', 'i')`,
    );
    expect(owned.rows.length).toBeGreaterThanOrEqual(8);
    for (const { sequence, table, column } of owned.rows) {
      const [ahead] = await values(
        `select nextval('${sequence}') > (select max(${column}) from ${table})`,
      );
      expect(ahead, sequence).toBe(true);
    }
    expect(await values("select nextval('public.invoice_number_seq') > max(substr(number, 5)::bigint) from public.invoices")).toEqual([true]);
  });

  it("has row-level security and a policy on every table", async () => {
    expect(
      await values(
        `select c.oid::regclass::text from pg_class c where c.relnamespace::regnamespace::text in ('public', '"Billing & Co"')
         and c.relkind in ('r', 'p') and not (c.relrowsecurity and exists (select from pg_policy where polrelid = c.oid))`,
      ),
    ).toEqual([]);
  });

  it("shows a signed-in user the rows of one clinic only", async () => {
    await client.query("begin; set local role authenticated");
    await client.query("select set_config('request.jwt.claims', json_build_object('app_metadata', json_build_object('tenant_id', md5('tenant 1')::uuid))::text, true)");
    for (const table of ["pets", "visits", "visits_2026_03", "invoices", "audit_log", '"Pet Weights"', "upcoming_appointments"]) {
      expect(await values(`select distinct tenant_id = md5('tenant 1')::uuid from public.${table}`), table).toEqual([true]);
    }
    await client.query("rollback");
  });

  it("writes the audit log and updated_at when an invoice changes", async () => {
    await client.query("begin");
    await client.query("update public.invoices set status = 'paid' where id = md5('invoice 4')::uuid");
    expect(await values("select changes -> 'after' ->> 'status' from public.audit_log where row_id = md5('invoice 4')::uuid::text")).toEqual(["paid"]);
    expect(await values("select updated_at = now() from public.invoices where id = md5('invoice 4')::uuid")).toEqual([true]);
    await client.query("rollback");
  });

  it("adds up: an invoice's total is the sum of its lines", async () => {
    expect(
      await values(
        "select i.id from public.invoices i join public.invoice_lines l on l.invoice_id = i.id group by i.id having i.total <> sum(l.amount)",
      ),
    ).toEqual([]);
  });

  it("uses every kind of object that a backup has to bring back", async () => {
    const [kinds] = await values(`select array[
      (select count(*) from pg_type where typtype = 'e' and typnamespace = 'public'::regnamespace),
      (select count(*) from pg_type where typtype = 'd' and typnamespace = 'public'::regnamespace),
      (select count(*) from pg_class where relkind = 'm' and relnamespace = '"Billing & Co"'::regnamespace),
      (select count(*) from pg_publication where pubname = 'clinic_changes'),
      (select count(*) from pg_attribute where attgenerated = 's' and attrelid = 'public.owners'::regclass),
      (select count(*) from pg_trigger where tgrelid = 'auth.users'::regclass and tgname = 'create_profile'),
      (select count(*) from pg_index where indrelid = 'public.invoices'::regclass and indpred is not null)]::int[]`);
    expect(kinds).toEqual([4, 2, 1, 1, 1, 1, 1]);
  });
});
