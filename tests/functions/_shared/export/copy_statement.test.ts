import fc from "fast-check";
import pg, { escapeIdentifier } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyOut } from "../../../../functions/_shared/database/copy_out.ts";
import { type CopiedColumns, copyStatement, countStatement } from "../../../../functions/_shared/export/copy_statement.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

/** Names as PostgreSQL takes them: any UTF-8 without NUL, up to 63 bytes. */
const identifier = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 20 }),
  fc.constantFrom('"', '""', "'", "\\", "$$", "; drop table x; --", "select", "a\nb", "t", "%s", "{}", " ", "--", "/*", "$1"),
).filter((text) => Buffer.from(text).toString() === text && !text.includes("\0") && Buffer.byteLength(text) <= 63);

/** Columns whose rows hash to one. */
const columnsOf = (names: readonly string[], sharedText: readonly string[] = []): CopiedColumns =>
  ({ names, sharedText: new Set(sharedText), fingerprintExpression: "1" });

describe("copyStatement()", () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    client = new pg.Client(database.url);
    await client.connect();
  });

  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  it("copyStatement() and countStatement() name any schema, table and columns a server accepts", async () => {
    await fc.assert(fc.asyncProperty(identifier, identifier, fc.uniqueArray(identifier, { minLength: 1, maxLength: 3 }), async (schema, table, columns) => {
      const name = `${escapeIdentifier(`s${schema}`.slice(0, 40))}.${escapeIdentifier(table)}`;
      await client.query("begin");
      try {
        await client.query(`create schema ${escapeIdentifier(`s${schema}`.slice(0, 40))}`);
        await client.query(`create table ${name} (${columns.map((column) => `${escapeIdentifier(column)} text`).join(", ")})`);
        await client.query(`insert into ${name} values (${columns.map((_, n) => `'value ${n}'`).join(", ")})`);
        const range = { schema: `s${schema}`.slice(0, 40), table, firstTid: "(0,0)", endTid: null };
        for (const sharedText of [[], columns.slice(0, 1), columns]) {
          const { rows, bytes, hashSum } = await copyOut(client, copyStatement(range, columnsOf(columns, sharedText)), { hashed: true });
          expect({ rows, hashSum }).toEqual({ rows: 1, hashSum: 1n });
          expect(Buffer.from(bytes).toString()).toBe(`${columns.map((_, n) => `value ${n}`).join("\t")}\n`);
        }
        const counted = await client.query(countStatement(range));
        expect(counted.rows).toMatchObject([{ rows: "1" }]);
      } finally {
        await client.query("rollback");
      }
    }), { numRuns: 60 });
  });

  it("copyStatement() covers every row exactly once when ranges meet, and leaves children to their own chunks", async () => {
    await client.query("create table parent (id integer, pad text); create table child () inherits (parent)");
    await client.query("insert into parent select g, repeat('x', 500) from generate_series(1, 200) g; insert into child values (0, '')");
    const ranges = [["(0,0)", "(3,0)"], ["(3,0)", "(3,5)"], ["(3,5)", "(9,0)"], ["(9,0)", null]] as const;
    const seen: string[] = [];
    for (const [firstTid, endTid] of ranges) {
      const { bytes } = await copyOut(client, copyStatement({ schema: "public", table: "parent", firstTid, endTid }, columnsOf(["id"])), { hashed: true });
      seen.push(...Buffer.from(bytes).toString().split("\n").filter(Boolean));
    }
    expect(seen.map(Number)).toEqual(Array.from({ length: 200 }, (_, n) => n + 1));
  });

  it("copyStatement() copies rows without columns", async () => {
    await client.query("create table bare (); insert into bare select from generate_series(1, 3)");
    const range = { schema: "public", table: "bare", firstTid: "(0,0)", endTid: null };
    expect(await copyOut(client, copyStatement(range, columnsOf([])), { hashed: true })).toMatchObject({ rows: 3, hashSum: 3n, bytes: Uint8Array.from(Buffer.from("\n\n\n")) });
  });

  it.each(["(0,0)'; drop table x; --", "0,0", "(a,b)", "(0,0) ", ""])("copyStatement() refuses %j as a row address", (tid) => {
    expect(() => copyStatement({ schema: "a", table: "b", firstTid: tid, endTid: null }, columnsOf(["c"]))).toThrow(TypeError);
    expect(() => copyStatement({ schema: "a", table: "b", firstTid: "(0,0)", endTid: tid }, columnsOf(["c"]))).toThrow(TypeError);
  });

  it("copyStatement() makes shared text once and writes the same rows and hashes as without", async () => {
    await client.query(`create table shared as select gen_random_uuid() as id, (g / 100.0)::numeric(9, 3) as n, jsonb_build_object('a', g, 'b', e'\\t"\\\\x') as j,
        '{"k":  1}'::json as raw, 'NaN'::float8 as f, (g / 3.0)::float4 as f4, g * interval '1 hour' as i, g::bigint * 4294967296 as big, timestamp '2026-01-01' + g * interval '1.000001 s' as ts,
        timestamptz '2026-01-01Z' - g * interval '1 day' as tz, date 'infinity' as d, time '23:59:59.5' as tm, decode(to_hex(g + 4096), 'hex') as b, e'o"d\\\\'::name as nm,
        '08:00:2b:01:02:03'::macaddr as mac, '16/B374D848'::pg_lsn as lsn from generate_series(1, 50) g; insert into shared (n) values (null)`);
    const range = { schema: "public", table: "shared", firstTid: "(0,0)", endTid: null };
    const names = ["id", "n", "j", "raw", "f", "f4", "i", "big", "ts", "tz", "d", "tm", "b", "nm", "mac", "lsn"];
    const fingerprintExpression = `pg_catalog.hashint4extended(0, (${names.map((name, n) => `coalesce(pg_catalog.hashtextextended(t.${name}::text, ${n}), ${n})`).join(" # ")}))`;
    const [apart, shared] = [
      await copyOut(client, copyStatement(range, { names, sharedText: new Set(), fingerprintExpression }), { hashed: true }),
      await copyOut(client, copyStatement(range, { names, sharedText: new Set(names.slice(1)), fingerprintExpression }), { hashed: true }),
    ];
    expect(shared).toEqual(apart);
    expect(Buffer.from(shared.bytes)).toEqual(Buffer.from((await copyOut(client, "copy shared to stdout")).bytes));
    const { rows: [sum] } = await client.query<{ sum: string }>(`select sum(${fingerprintExpression})::text from shared t`);
    expect(String(shared.hashSum)).toBe(sum?.sum);
    const { rows: [plan] } = await client.query<{ "QUERY PLAN": string }>(
      `explain (verbose, costs off) ${copyStatement(range, { names, sharedText: new Set(["j"]), fingerprintExpression }).slice("copy (".length, -") to stdout".length)}`);
    expect(plan?.["QUERY PLAN"]).toMatch(/Subquery Scan/);
  });
});
