import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { extractFacts } from "../../../../functions/_shared/restore/extract_facts.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";
import { table } from "../../../support/facts.ts";

let database: TestDatabase;
let client: Client;
beforeAll(async () => {
  database = await createTestDatabase();
  client = await connect(database.url, { applicationName: "holdfast test" });
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

describe("extractFacts()", () => {
  it("extractFacts() sees what the database is made of now, through the session it was given, which goes on", async () => {
    expect((await extractFacts(client)).has(table("a"))).toBe(false);
    await client.query("create table public.a (id integer); create temporary table mine (id integer)");
    expect((await extractFacts(client)).has(table("a"))).toBe(true);
    // Neither ended nor replaced: what belongs to the session is still there, and no transaction is open.
    expect((await client.query("select to_regclass('pg_temp.mine') is not null as same, now() = statement_timestamp() as own")).rows).toEqual([{ same: true, own: true }]);
  });

  it("extractFacts() throws what the server says", async () => {
    const lost = { query: () => Promise.reject(new Error("Connection terminated")) } as unknown as Client;
    await expect(extractFacts(lost)).rejects.toThrow("Connection terminated");
  });
});
