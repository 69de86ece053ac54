import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig, readProbes } from "../../../../functions/_shared/export/capture_config.ts";
import { CONFIG_TABLES, parseConfig } from "../../../../functions/_shared/export/config.ts";
import { createExportWorld, type ExportWorld } from "../../../support/export_world.ts";

describe("readConfig() and readProbes()", () => {
  let world: ExportWorld;

  beforeAll(async () => {
    world = await createExportWorld();
    await world.sql(`
      create table public.notes (id integer primary key, owner text not null);
      insert into public.notes values (1, 'ann'), (2, 'ann'), (3, 'bob');
      alter table public.notes enable row level security;
      grant select on public.notes to authenticated;
      create policy own on public.notes for select to authenticated using (owner = current_setting('request.jwt.claims', true)::jsonb ->> 'name');
      insert into backup.access_probes (name, role_name, claims, table_name) values
        ('ann', 'authenticated', '{"name": "ann"}', 'notes'), ('anon', 'anon', '{}', 'notes'), ('nobody', 'no_such_role', '{}', 'notes');
      insert into backup.critical_tables (table_name, freshness_column, max_age) values ('notes', 'id', '3 days')`);
  });
  afterAll(() => world.close());

  const inTransaction = async <T>(read: (client: Awaited<ReturnType<ExportWorld["connect"]>>) => Promise<T>): Promise<T> => {
    const client = await world.connect();
    await client.query("begin isolation level repeatable read read only");
    const result = await read(client);
    await client.query("commit");
    return result;
  };

  it("readConfig() reads the rows of every configuration table", async () => {
    const config = await inTransaction(readConfig);
    expect(Object.keys(config.tables).sort()).toEqual(CONFIG_TABLES.map(({ table }) => table).sort());
    expect(config.tables["settings"]).toEqual([expect.objectContaining({ project_ref: "local", keeper_max_age: "06:00:00" })]);
    expect(config.tables["critical_tables"]).toEqual([expect.objectContaining({ table_name: "notes", max_age: "3 days" })]);
    expect(config.tables["access_probes"]).toHaveLength(3);
    expect(parseConfig(JSON.stringify(config))).toEqual(config);
  });

  it("readProbes() counts in the transaction of the caller", async () => {
    const probes = await inTransaction(async (client) => {
      await client.query("select 1");
      await world.sql("insert into public.notes values (4, 'ann')");
      return readProbes(client);
    });
    expect(probes).toEqual([
      { name: "ann", role: "authenticated", schema: "public", table: "notes", rows: "2", error: null, looked: true },
      { name: "anon", role: "anon", schema: "public", table: "notes", rows: null, error: "42501", looked: true },
      { name: "nobody", role: "no_such_role", schema: "public", table: "notes", rows: null, error: "0P000", looked: false },
    ]);
  });

  it("readProbes() leaves the session as it was", async () => {
    const state = await inTransaction(async (client) => {
      await readProbes(client);
      return (await client.query("select current_user::text, current_setting('statement_timeout') as timeout, current_setting('row_security') as security")).rows;
    });
    expect(state).toEqual([{ current_user: "postgres", timeout: "0", security: "off" }]);
  });
});
