import { createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, withClient } from "../../../../functions/_shared/database/connect.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

let database: TestDatabase;
beforeAll(async () => void (database = await createTestDatabase()));
afterAll(() => database.drop());

describe("connect()", () => {
  it("connect() pins every setting that changes text", async () => {
    const rows = await withClient(database.url, { applicationName: "holdfast test" }, async (client) => {
      const { rows } = await client.query(`select name, setting from pg_catalog.pg_settings where name = any($1)`, [
        ["DateStyle", "IntervalStyle", "TimeZone", "extra_float_digits", "bytea_output", "lc_monetary", "xmlbinary", "client_encoding", "standard_conforming_strings",
          "xmloption", "quote_all_identifiers", "default_transaction_isolation", "default_transaction_read_only", "row_security", "search_path", "idle_in_transaction_session_timeout", "statement_timeout", "lock_timeout", "application_name", "jit"]]);
      return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
    });
    expect(rows).toEqual({ DateStyle: "ISO, MDY", IntervalStyle: "postgres", TimeZone: "UTC", extra_float_digits: "1", bytea_output: "hex",
      lc_monetary: "C", xmlbinary: "base64", client_encoding: "UTF8", standard_conforming_strings: "on", xmloption: "content",
      quote_all_identifiers: "off", default_transaction_isolation: "read committed", default_transaction_read_only: "off", row_security: "off", search_path: '""',
      idle_in_transaction_session_timeout: "0", statement_timeout: "0", lock_timeout: "0", application_name: "holdfast test", jit: "off" });
  });

  it("connect() limits statements when asked to", async () => {
    await withClient(database.url, { applicationName: "holdfast test", statementTimeoutMs: 50 }, async (client) => {
      await expect(client.query("select pg_catalog.pg_sleep(5)")).rejects.toMatchObject({ code: "57014" });
    });
  });

  it("connect() lifts every limit that the database sets for sessions and transactions", async () => {
    const limits = ["idle_session_timeout", "idle_in_transaction_session_timeout", "transaction_timeout", "statement_timeout", "lock_timeout"];
    // transaction_timeout came with PostgreSQL 17.
    const alter = (change: (name: string) => string) => withClient(database.url, { applicationName: "holdfast test" }, async (client) => {
      const { rows } = await client.query<{ name: string }>("select name from pg_catalog.pg_settings where name = any ($1)", [limits]);
      for (const { name } of rows) await client.query(`alter database ${database.name} ${change(name)}`);
    });
    await alter((name) => `set ${name} = '300ms'`);
    await withClient(database.url, { applicationName: "holdfast test" }, async (client) => {
      await client.query("begin; select pg_catalog.pg_sleep(0.4)");
      await sleep(400);
      await client.query("commit");
      await sleep(400);
      expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    });
    await alter((name) => `reset ${name}`);
  });

  it("connect() gives bigint and numeric as strings", async () => {
    await withClient(database.url, { applicationName: "holdfast test" }, async (client) => {
      expect((await client.query("select 9007199254740993::bigint as n")).rows).toEqual([{ n: "9007199254740993" }]);
    });
  });

  it("connect() survives a server that drops the idle session", async () => {
    const client = await connect(database.url, { applicationName: "holdfast test" });
    const { rows } = await client.query("select pg_backend_pid() as pid");
    await withClient(database.adminUrl, { applicationName: "holdfast test" }, (admin) => admin.query("select pg_terminate_backend($1)", [rows[0].pid]));
    await expect(client.query("select 1")).rejects.toThrow();
    await client.end();
  });

  it("connect() answers HF104 without the password when nobody listens or the login is refused", async () => {
    const error = await connect("postgres://u:hunter2@127.0.0.1:1/x", { applicationName: "x" }).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "HF104", detail: expect.stringContaining("127.0.0.1:1/x") });
    expect(JSON.stringify(error)).not.toContain("hunter2");
    const missing = database.url.replace(database.name, "no_such_database");
    await expect(connect(missing, { applicationName: "x" })).rejects.toMatchObject({ code: "HF104", hint: expect.stringContaining("name of the database") });
    const stranger = database.url.replace(/\/\/[^@]*@/, "//stranger:hunter2@");
    const refused = await connect(stranger, { applicationName: "x" }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "HF104", hint: expect.stringContaining("user and password") });
    expect(JSON.stringify(refused)).not.toContain("hunter2");
  });
});

describe("connect() and TLS", () => {
  let server: Server;
  const received: Buffer[] = [];
  beforeAll(async () => {
    // Answers every request for TLS with "no", as a server without a certificate does.
    server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (data) => { received.push(data); socket.write("N"); });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => void server.close());

  it("connect() sends nothing in the clear to a server that refuses TLS", async () => {
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await expect(connect(`postgres://u:hunter2@127.0.0.1:${port}/x?sslmode=require`, { applicationName: "x" })).rejects.toMatchObject({
      code: "HF104", hint: expect.stringContaining("sslmode=disable"),
    });
    expect(Buffer.concat(received).length).toBe(8);
  });
});
