import type { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import type { BackupConfig } from "../../../../functions/_shared/export/config.ts";
import { loadConfig } from "../../../../functions/_shared/prove/load_config.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

const config = (tables: BackupConfig["tables"]): BackupConfig => ({ format: "holdfast-config", format_version: 1, tables, access_probes: [] });
const critical = (table: string, change: Record<string, unknown> = {}) => ({ schema_name: "shop", table_name: table, min_rows: 5, required_columns: ["id"], ...change });
const query = (name: string) => ({ name, query: "select 1", expectation: "non_empty" });

describe("loadConfig()", () => {
  let database: TestDatabase;
  let client: Client;
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true });
    client = await connect(database.url, { applicationName: "holdfast test" });
    await client.query(`insert into backup.critical_tables (schema_name, table_name, min_rows) values ('shop', 'of_the_target', 1);
      insert into backup.sample_queries (name, query, expectation) values ('of the target', 'select 2', 'non_empty')`);
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });
  beforeEach(() => client.query("begin"));
  afterEach(() => client.query("rollback"));
  const names = async (table: string, column: string) => (await client.query<{ name: string }>(`select t.${column} as name from backup.${table} t order by 1`)).rows.map(({ name }) => name);

  it("loadConfig() puts the rows of a backup in the place of those that are there", async () => {
    await loadConfig(client, config({ critical_tables: [critical("orders"), critical("customers", { predicate: "credit > 0", max_age: "1 day", freshness_column: "at" })], sample_queries: [query("one")] }));
    expect(await names("critical_tables", "table_name")).toEqual(["customers", "orders"]);
    expect(await names("sample_queries", "name")).toEqual(["one"]);
    expect((await client.query("select t.min_rows::integer, t.required_columns, t.max_age::text, t.predicate from backup.critical_tables t where t.table_name = 'customers'")).rows)
      .toEqual([{ min_rows: 5, required_columns: ["id"], max_age: "1 day", predicate: "credit > 0" }]);
  });

  it("loadConfig() leaves tables alone that the backup does not mention, and empties those it has no row of", async () => {
    await loadConfig(client, config({ critical_tables: [] }));
    expect(await names("critical_tables", "table_name")).toEqual([]);
    expect(await names("sample_queries", "name")).toEqual(["of the target"]);
  });

  it("loadConfig() loads only the tables it is asked for", async () => {
    await loadConfig(client, config({ critical_tables: [critical("orders")], sample_queries: [query("one")] }), ["sample_queries"]);
    expect(await names("critical_tables", "table_name")).toEqual(["of_the_target"]);
    expect(await names("sample_queries", "name")).toEqual(["one"]);
  });

  it("loadConfig() leaves out columns and tables of another version, and keeps the defaults of what the backup lacks", async () => {
    await loadConfig(client, config({ sample_queries: [{ ...query("one"), "of a later version": true }], of_a_later_version: [{ a: 1 }] }));
    expect((await client.query("select q.name, q.enabled from backup.sample_queries q")).rows).toEqual([{ name: "one", enabled: true }]);
    // Rows of which nothing is known any more are none.
    await loadConfig(client, config({ sample_queries: [{ "of a later version": true }] }));
    expect(await names("sample_queries", "name")).toEqual([]);
  });

  it("loadConfig() passes over a table that this target does not have", async () => {
    await client.query("drop table backup.sample_queries cascade");
    await loadConfig(client, config({ sample_queries: [query("one")], critical_tables: [critical("orders")] }));
    expect(await names("critical_tables", "table_name")).toEqual(["orders"]);
  });

  it("loadConfig() leaves generated columns to the target", async () => {
    await client.query("alter table backup.sample_queries add column length integer generated always as (length(name)) stored");
    await loadConfig(client, config({ sample_queries: [{ ...query("three"), length: 99 }] }));
    expect((await client.query("select q.length from backup.sample_queries q")).rows).toEqual([{ length: 5 }]);
  });

  it("loadConfig() works where names are found by no search path, and passes on what the target refuses", async () => {
    await client.query("set local search_path = ''");
    await loadConfig(client, config({ critical_tables: [critical("orders")] }));
    await expect(loadConfig(client, config({ sample_queries: [{ ...query("one"), expectation: "nonsense" }] }))).rejects.toMatchObject({ code: "23514" });
  });
});
