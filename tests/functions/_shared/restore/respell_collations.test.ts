import type { Client } from "pg";
import type { StableId } from "@supabase/pg-delta/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { respellCollations } from "../../../../functions/_shared/restore/respell_collations.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";
import { fact, facts } from "../../../support/facts.ts";

const id: StableId = { kind: "collation", schema: "public", name: "c" };
const of = (locale: string, provider = "i") => facts([fact(id, { provider, locale, deterministic: true })]);
const LEGACY = "@colCaseFirst=lower;colNumeric=yes";

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

describe("respellCollations()", () => {
  it("respellCollations() lets the server spell a locale as it keeps it, and leaves nothing behind", async () => {
    await client.query(`create collation public.c (provider = icu, locale = '${LEGACY}')`);
    const { rows: [row] } = await client.query<{ locale: string }>("select coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale') as locale from pg_collation c where oid = 'public.c'::regcollation");
    const kept = row?.locale ?? "";
    expect((await respellCollations(client, of("x"), of(LEGACY))).get(id)?.payload).toEqual({ provider: "i", locale: kept, deterministic: true });
    expect((await client.query("select from pg_collation where collname = 'holdfast_spelling'")).rows).toEqual([]);
    expect((await client.query("select now() = statement_timestamp() as own")).rows).toEqual([{ own: true }]);
  });

  it("respellCollations() leaves a locale that the server does not accept as it is", async () => {
    await client.query("set icu_validation_level = error").catch(() => undefined);
    const desired = of("it's no locale at all, not even for a lenient server: @=;=@".repeat(40));
    expect((await respellCollations(client, of("x"), desired)).get(id)?.payload["locale"]).toBe(desired.get(id)?.payload["locale"]);
  });

  it("respellCollations() asks nothing for what is equal, missing or of another provider", async () => {
    const silent = { query: () => Promise.reject(new Error("asked")) } as unknown as Client;
    for (const [current, desired] of [[of("a"), of("a")], [facts([]), of("a")], [of("a", "c"), of("b", "c")]] as const) expect(await respellCollations(silent, current, desired)).toBe(desired);
  });

  it("respellCollations() throws when the connection is lost, and does not call that a difference", async () => {
    const lost = { query: (sql: string) => (sql.startsWith("create") ? Promise.reject(new Error("Connection terminated")) : Promise.resolve({ rows: [] })) } as unknown as Client;
    await expect(respellCollations(lost, of("a"), of("b"))).rejects.toThrow("Connection terminated");
  });
});
