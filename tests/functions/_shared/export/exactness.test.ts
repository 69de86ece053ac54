import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { exportBackup } from "../../../../functions/_shared/export/export_backup.ts";
import type { Manifest, ManifestTable } from "../../../../functions/_shared/export/manifest.ts";
import { copyIn } from "../../../support/copy_in.ts";
import { createExportWorld, type ExportWorld, fixtureSql, readManifest } from "../../../support/export_world.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

const quote = pg.escapeIdentifier;
const nameOf = (table: ManifestTable) => `${quote(table.schema)}.${quote(table.name)}`;

/** Loads what the bucket holds of a table, with nothing but gunzip and COPY. */
async function load(world: ExportWorld, prefix: string, table: ManifestTable, target: pg.Client): Promise<void> {
  for (const chunk of table.chunks ?? []) {
    const stored = await world.s3.getObject(prefix + chunk.key);
    expect(createHash("sha256").update(stored).digest("hex")).toBe(chunk.sha256);
    const text = gunzipSync(stored);
    expect(text.length).toBe(chunk.raw_bytes);
    // A table without columns has a row for every line, and COPY takes no empty column list.
    const columns = table.columns.length === 0 ? "" : `(${table.columns.map(quote).join(", ")})`;
    await copyIn(target, `copy ${nameOf(table)} ${columns} from stdin`, text);
  }
}

/** Rows as text, in an order both sides share. */
async function contents(client: pg.Client, table: ManifestTable): Promise<string[]> {
  const { rows } = await client.query<{ row: string }>(`select (t.*)::text as row from only ${nameOf(table)} t`);
  return rows.map(({ row }) => row).sort();
}

async function fingerprint(client: pg.Client, table: ManifestTable): Promise<unknown> {
  const { rows } = await client.query(
    `select count(*)::int as rows, backup.fingerprint_of_sum(coalesce(sum(${table.fingerprint_expression}), 0)) as fingerprint from only ${nameOf(table)} t`);
  return rows[0];
}

describe("an exported table", () => {
  let world: ExportWorld;
  let target: TestDatabase;
  let source: pg.Client;
  let restored: pg.Client;

  beforeAll(async () => {
    world = await createExportWorld();
    target = await createTestDatabase({ migrated: true });
    source = await world.connect();
    restored = await connect(target.url, { applicationName: "holdfast test" });
  });

  afterAll(async () => {
    await restored.end();
    await target.drop();
    await world.close();
  });

  async function exported(schemas: string[]): Promise<{ manifest: Manifest; prefix: string }> {
    await source.query("update backup.settings set included_schemas = $1 where id", [schemas]);
    const { manifestKey } = await exportBackup({ connect: (name) => world.connect(name), s3: world.s3, workers: 2, tier: null });
    return { manifest: await readManifest(world, manifestKey), prefix: manifestKey.replace(/manifest\.json$/, "") };
  }

  async function expectSame(manifest: Manifest, prefix: string): Promise<void> {
    for (const table of manifest.tables) {
      const name = `${table.schema}.${table.name}`;
      await load(world, prefix, table, restored);
      const before = await fingerprint(source, table);
      expect(before, name).toEqual({ rows: table.rows, fingerprint: table.fingerprint });
      expect(await fingerprint(restored, table), name).toEqual(before);
      expect(await contents(restored, table), name).toEqual(await contents(source, table));
    }
  }

  /** The same tables without their rows. Loading skips triggers, constraints aside. */
  async function sameShape(sql: string, truncate: string[]): Promise<void> {
    await restored.query(`set search_path = public, extensions; ${sql}; set search_path = ''; set session_replication_role = replica`);
    const { rows } = await restored.query<{ name: string }>(
      "select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname = any ($1)", [truncate]);
    for (const { name } of rows) await restored.query(`delete from only ${name}`);
  }

  it("an exported table of odd types comes back value by value", async () => {
    const sql = fixtureSql("odd_types.sql");
    await source.query(`set search_path = public, extensions; ${sql}; set search_path = ''`);
    await sameShape(sql, ["odd_types"]);
    const { manifest, prefix } = await exported(["odd_types"]);
    expect(manifest.tables.length).toBeGreaterThan(10);
    expect(manifest.totals.rows).toBeGreaterThan(1000);
    await expectSame(manifest, prefix);
  }, 120_000);

  it("an exported table of odd shape and name comes back row by row", async () => {
    const sql = fixtureSql("odd_tables.sql");
    await source.query(`set search_path = public, extensions; ${sql}; set search_path = ''`);
    const schemas = ["odd_tables", 'Odd "schema". äöü', "odd_tables.a"];
    await sameShape(sql, schemas);
    const { manifest, prefix } = await exported(schemas);
    const names = manifest.tables.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["no_columns", "no_rows", "all_columns_dropped", "only_generated", "🐘.🦒/../%2e $1", "locked_down", "unlogged", "duplicates", "events_us"]));
    expect(manifest.excluded.filter(({ schema }) => schemas.includes(schema)).map(({ name }) => name)).toEqual(
      expect.arrayContaining(["events", "a_matview", "not_populated", "no_partitions"]));
    await expectSame(manifest, prefix);
  }, 120_000);

  const anything = fc.string({ unit: "binary", maxLength: 30 }).map((text) => Buffer.from(text.replaceAll("\0", "")).toString());
  const tricky = fc.constantFrom("\\N", "\\.", "", "\t", "\n", "\r\n", "\\", "\\\\n", "NULL", "{}", '"', "'", "\u0085", "\\x41", "🐘");
  const text = fc.oneof(anything, tricky);
  /** A type, and values of it in the form a parameter takes. */
  const columnTypes = fc.constantFrom<[string, fc.Arbitrary<unknown>]>(
    ["text", text],
    ["character(5)", text.map((one) => one.slice(0, 2))],
    ["numeric", fc.tuple(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.nat({ max: 30 })).map(([digits, scale]) => `${digits}e-${scale}`)],
    ["double precision", fc.double().map(String)],
    ["real", fc.float().map(String)],
    ["bigint", fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)],
    ["boolean", fc.boolean()],
    ["bytea", fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes))],
    ["text[]", fc.array(fc.option(text), { maxLength: 4 })],
    ["timestamptz", fc.date({ noInvalidDate: true, min: new Date("0001-01-01"), max: new Date("9999-12-31") }).map((date) => date.toISOString())],
    ["interval", fc.tuple(fc.integer({ min: -999, max: 999 }), fc.integer({ min: -999, max: 999 }), fc.integer({ min: -1e9, max: 1e9 })).map(([months, days, micros]) => `${months} months ${days} days ${micros} microseconds`)],
    ["uuid", fc.uuid()],
    ["jsonb", fc.json({ maxDepth: 2, noUnicodeString: false } as object).filter((json) => !json.includes("\\u0000"))],
    ["json", fc.json({ maxDepth: 2 }).filter((json) => !json.includes("\\u0000"))],
    ["inet", fc.ipV4()],
  );
  const tables = fc.array(columnTypes, { minLength: 1, maxLength: 6 }).chain((columns) => fc.record({
    types: fc.constant(columns.map(([type]) => type)),
    rows: fc.array(fc.tuple(...columns.map(([, value]) => fc.option(value, { freq: 5 }))), { maxLength: 12 }),
  }));

  it("an exported table of random types and values comes back as it was", async () => {
    await restored.query("reset session_replication_role");
    await fc.assert(fc.asyncProperty(fc.array(tables, { minLength: 3, maxLength: 6 }), async (made) => {
      for (const client of [source, restored]) await client.query("drop schema if exists random cascade; create schema random");
      for (const [n, { types, rows }] of made.entries()) {
        const create = `create table random.t${n} (${types.map((type, c) => `c${c} ${type}`).join(", ")})`;
        await source.query(create);
        await restored.query(create);
        for (const row of rows) {
          await source.query(`insert into random.t${n} values (${types.map((type, c) => `$${c + 1}::${type}`).join(", ")})`, row as unknown[]);
        }
      }
      const { manifest, prefix } = await exported(["random"]);
      await expectSame(manifest, prefix);
    }), { numRuns: 8, endOnFailure: true });
  }, 120_000);
});
