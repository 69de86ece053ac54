import { afterAll, beforeAll, describe, expect, it } from "vitest";
import pg from "pg";
import { fromPostgres, sqlStateOf } from "../../../../functions/_shared/errors/from_postgres.ts";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

describe("fromPostgres()", () => {
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

  async function raised(sql: string): Promise<unknown> {
    return await client.query(sql).then(() => undefined, (error: unknown) => error);
  }

  it("fromPostgres() turns a code of the catalogue that SQL raised into a HoldfastError with detail, hint and cause", async () => {
    const error = await raised("do $$ begin raise exception using errcode = 'HF302', message = 'm', detail = 'd', hint = 'h'; end $$");
    const known = fromPostgres(error);
    expect(known).toBeInstanceOf(HoldfastError);
    expect(known).toMatchObject({ code: "HF302", message: "m", detail: "d", hint: "h", cause: error });
  });

  it("fromPostgres() leaves a missing detail and hint out", async () => {
    const known = fromPostgres(await raised("do $$ begin raise exception using errcode = 'HF001', message = 'm'; end $$"));
    expect(known).toMatchObject({ code: "HF001", detail: undefined, hint: undefined });
  });

  it("fromPostgres() gives back every other error as it was", async () => {
    const syntax = await raised("selec 1");
    const unknown = await raised("do $$ begin raise exception using errcode = 'HF999', message = 'm'; end $$");
    const own = new HoldfastError("HF300", "Lost");
    for (const error of [syntax, unknown, own, new Error("bug"), undefined, null, "text", { code: 42 }]) {
      expect(fromPostgres(error)).toBe(error);
    }
  });

  it("sqlStateOf() reads the SQLSTATE of a server error and of nothing else", async () => {
    expect(sqlStateOf(await raised("select 1 / 0"))).toBe("22012");
    for (const error of [new Error("bug"), Object.assign(new Error("net"), { code: "ECONNRESET" }), null, undefined, "42P01", { code: 42 }]) {
      expect(sqlStateOf(error)).toBeUndefined();
    }
  });
});
