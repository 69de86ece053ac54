import fc from "fast-check";
import pg, { escapeIdentifier } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyOut } from "../../../../functions/_shared/database/copy_out.ts";
import { copyStatement, hashStatement } from "../../../../functions/_shared/export/copy_statement.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

/** Names as PostgreSQL takes them: any UTF-8 without NUL, up to 63 bytes. */
const identifier = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 20 }),
  fc.constantFrom('"', '""', "'", "\\", "$$", "; drop table x; --", "select", "a\nb", "t", "%s", "{}", " ", "--", "/*", "$1"),
).filter((text) => Buffer.from(text).toString() === text && !text.includes("\0") && Buffer.byteLength(text) <= 63);

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

  it("copyStatement() and hashStatement() name any schema, table and columns a server accepts", async () => {
    await fc.assert(fc.asyncProperty(identifier, identifier, fc.uniqueArray(identifier, { minLength: 1, maxLength: 3 }), async (schema, table, columns) => {
      const name = `${escapeIdentifier(`s${schema}`.slice(0, 40))}.${escapeIdentifier(table)}`;
      await client.query("begin");
      try {
        await client.query(`create schema ${escapeIdentifier(`s${schema}`.slice(0, 40))}`);
        await client.query(`create table ${name} (${columns.map((column) => `${escapeIdentifier(column)} text`).join(", ")})`);
        await client.query(`insert into ${name} values (${columns.map((_, n) => `'value ${n}'`).join(", ")})`);
        const range = { schema: `s${schema}`.slice(0, 40), table, firstTid: "(0,0)", endTid: null };
        const { rows, bytes } = await copyOut(client, copyStatement(range, columns));
        expect(rows).toBe(1);
        expect(Buffer.from(bytes).toString()).toBe(`${columns.map((_, n) => `value ${n}`).join("\t")}\n`);
        const hashed = await client.query(hashStatement(range, "hashint4extended(1, 0)"));
        expect(hashed.rows).toMatchObject([{ rows: "1" }]);
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
      const { bytes } = await copyOut(client, copyStatement({ schema: "public", table: "parent", firstTid, endTid }, ["id"]));
      seen.push(...Buffer.from(bytes).toString().split("\n").filter(Boolean));
    }
    expect(seen.map(Number)).toEqual(Array.from({ length: 200 }, (_, n) => n + 1));
  });

  it("copyStatement() copies rows without columns", async () => {
    await client.query("create table bare (); insert into bare select from generate_series(1, 3)");
    const range = { schema: "public", table: "bare", firstTid: "(0,0)", endTid: null };
    expect(await copyOut(client, copyStatement(range, []))).toMatchObject({ rows: 3 });
  });

  it.each(["(0,0)'; drop table x; --", "0,0", "(a,b)", "(0,0) ", ""])("copyStatement() refuses %j as a row address", (tid) => {
    expect(() => copyStatement({ schema: "a", table: "b", firstTid: tid, endTid: null }, ["c"])).toThrow(TypeError);
    expect(() => copyStatement({ schema: "a", table: "b", firstTid: "(0,0)", endTid: tid }, ["c"])).toThrow(TypeError);
  });

  it("hashStatement() sums an empty range to zero", async () => {
    await client.query("create table empty (id integer)");
    const { rows } = await client.query(hashStatement({ schema: "public", table: "empty", firstTid: "(0,0)", endTid: null }, "hashint4extended(t.id, 0)"));
    expect(rows).toEqual([{ rows: "0", row_hash_sum: "0" }]);
  });
});
