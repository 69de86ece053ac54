import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sendCancelRequest } from "../../../../functions/_shared/database/send_cancel_request.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

describe("sendCancelRequest()", () => {
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

  it("cancels the running statement and keeps the session", async () => {
    const sleeping = expect(client.query("select pg_sleep(20)")).rejects.toMatchObject({ code: "57014" });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await sendCancelRequest(client);
    await sleeping;
    expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  it("does no harm to a session that is idle", async () => {
    for (let i = 0; i < 10; i++) {
      await sendCancelRequest(client);
      expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    }
  });

  it("resolves without an error when the server cannot be asked", async () => {
    await sendCancelRequest(new pg.Client(database.url));
    const unreachable = new pg.Client({ host: "127.0.0.1", port: 1 });
    Object.assign(unreachable, { processID: 1, secretKey: 1 });
    await sendCancelRequest(unreachable);
  });
});
