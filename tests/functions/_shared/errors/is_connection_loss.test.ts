import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import { isConnectionLoss } from "../../../../functions/_shared/errors/is_connection_loss.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

describe("isConnectionLoss()", () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });

  afterAll(async () => {
    await database.drop();
  });

  const connected = async (): Promise<pg.Client> => {
    const client = new pg.Client(database.url);
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  const failure = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => undefined, (error: unknown) => error);

  it("isConnectionLoss() is true for a session that was terminated, for the query it hits and for the next one", async () => {
    const victim = await connected();
    const killer = await connected();
    const { rows: [row] } = await victim.query<{ pid: number }>("select pg_backend_pid() as pid");
    const sleeping = failure(victim.query("select pg_sleep(10)"));
    await killer.query("select pg_terminate_backend($1)", [row?.pid]);
    expect(isConnectionLoss(await sleeping)).toBe(true);
    expect(isConnectionLoss(await failure(victim.query("select 1")))).toBe(true);
    await killer.end();
  });

  it("isConnectionLoss() is true for a client that was ended and a server that is not there", async () => {
    const ended = await connected();
    await ended.end();
    expect(isConnectionLoss(await failure(ended.query("select 1")))).toBe(true);
    expect(isConnectionLoss(await failure(new pg.Client("postgresql://postgres@127.0.0.1:1/postgres").connect()))).toBe(true);
    expect(isConnectionLoss(new HoldfastError("HF104", "Cannot connect"))).toBe(true);
  });

  it("isConnectionLoss() is false for errors of statements, cancelled ones included", async () => {
    const client = await connected();
    expect(isConnectionLoss(await failure(client.query("select 1 / 0")))).toBe(false);
    expect(isConnectionLoss(await failure(client.query("set statement_timeout = 20; select pg_sleep(5)")))).toBe(false);
    await client.end();
    for (const error of [new HoldfastError("HF203", "connection terminated"), new Error("bug"), "connection terminated", undefined]) {
      expect(isConnectionLoss(error)).toBe(false);
    }
  });
});
