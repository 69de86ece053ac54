import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { execFile } from "node:child_process";
import { createServer, connect, type Server, type Socket } from "node:net";
import { promisify } from "node:util";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyOut } from "../../../../functions/_shared/database/copy_out.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

/** About 13 MB: many socket chunks, and rows that straddle them. */
const ROWS = "copy (select g, md5(g::text), repeat(chr(97 + g % 26), g % 200) from generate_series(1, 100000) g) to stdout";

describe("copyOut()", () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    client = await connected(database.url);
  });

  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  async function expectUsable(): Promise<void> {
    const result = await client.query("select $1::int + 1 as two", [1]);
    expect(result.rows).toEqual([{ two: 2 }]);
  }

  it("returns what the server sends, byte for byte, and the number of rows", async () => {
    const { bytes, rows } = await copyOut(client, ROWS);
    const expected = await client.query(
      "select encode(sha256(convert_to(string_agg(format(E'%s\\t%s\\t%s\\n', g, md5(g::text), repeat(chr(97 + g % 26), g % 200)), '' order by g), 'UTF8')), 'hex') as hash from generate_series(1, 100000) g",
    );
    expect(rows).toBe(100_000);
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(expected.rows[0].hash);
  });

  it("returns no rows, rows without columns, and a row of 20 MB", async () => {
    expect(await copyOut(client, "copy (select 1 where false) to stdout")).toMatchObject({ rows: 0, bytes: { length: 0 } });
    expect(await copyOut(client, "copy (select from generate_series(1, 3)) to stdout")).toEqual({ rows: 3, hashSum: 0n, bytes: Uint8Array.from(Buffer.from("\n\n\n")) });
    const { bytes, rows } = await copyOut(client, "copy (select repeat('x', 20000000)) to stdout", { initialBytes: 0 });
    expect([rows, bytes.length, bytes[19_999_999], bytes[20_000_000]]).toEqual([1, 20_000_001, 0x78, 0x0a]);
  });

  it("runs again and again on one client, between other queries", async () => {
    for (let i = 0; i < 20; i++) {
      expect(await copyOut(client, `copy (select generate_series(1, ${i})) to stdout`)).toMatchObject({ rows: i });
      await expectUsable();
    }
    expect(client.connection.stream.listenerCount("data")).toBe(1);
    expect(client.listenerCount("error")).toBe(1);
    const other = await fresh();
    expect(client.connection.listenerCount("end")).toBe(other.connection.listenerCount("end"));
    await other.end();
  });

  it("lets notices, notifications and settings that arrive meanwhile reach pg", async () => {
    const heard: string[] = [];
    client.on("notice", (notice) => heard.push(notice.message ?? ""));
    client.on("notification", ({ payload }) => heard.push(payload ?? ""));
    await client.query("listen copying");
    await client.query(`create function pg_temp.noisy(p_row int) returns int language plpgsql as $$
      begin raise notice 'row %', p_row; perform pg_notify('copying', 'note ' || p_row); return p_row; end $$`);
    expect(await copyOut(client, "copy (select pg_temp.noisy(g) from generate_series(1, 3) g) to stdout")).toMatchObject({
      rows: 3, bytes: Uint8Array.from(Buffer.from("1\n2\n3\n")),
    });
    await client.query("unlisten copying");
    expect(heard.sort()).toEqual(["note 1", "note 2", "note 3", "row 1", "row 2", "row 3"]);
  });

  it("rejects with the server's error and leaves the client usable", async () => {
    await expect(copyOut(client, "copy missing_table to stdout")).rejects.toMatchObject({ code: "42P01" });
    await expectUsable();
    await expect(copyOut(client, "copy (select 1 / (5000 - g) from generate_series(1, 9999) g) to stdout")).rejects.toMatchObject({ code: "22012" });
    await expectUsable();
    await expect(copyOut(client, "")).rejects.toMatchObject({ code: "HF304" });
    await expectUsable();
    await client.query("create temporary table incoming (id int)");
    await expect(copyOut(client, "copy incoming from stdin")).rejects.toMatchObject({ code: "57014" });
    await expectUsable();
  });

  it("rejects with HF304 when the statement is no copy, or the tag differs from the rows received", async () => {
    await expect(copyOut(client, "select generate_series(1, 3)")).rejects.toMatchObject({ code: "HF304", detail: expect.stringContaining("SELECT 3") });
    await expectUsable();
    // The header counts as a message but not as a row, which makes it a tag that is one short.
    await expect(copyOut(client, "copy (select 1 as a) to stdout (format csv, header)")).rejects.toMatchObject({ code: "HF304", detail: expect.stringContaining("COPY 1") });
    await expectUsable();
  });

  it("cancels above maxBytes, rejects with HF303 and the size seen, and leaves the client usable", async () => {
    const started = performance.now();
    const endless = "copy (select repeat('x', 100) from generate_series(1, 1000) a, generate_series(1, 1000) b, generate_series(1, 1000) c) to stdout";
    for (let i = 0; i < 5; i++) {
      await expect(copyOut(client, endless, { maxBytes: 1_000_000 })).rejects.toMatchObject({
        code: "HF303", detail: expect.stringMatching(/At least \d{7,9} bytes .* limit is 1000000/), cause: { code: "57014" },
      });
      await expectUsable();
    }
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it("accepts exactly maxBytes and rejects one byte more, also when the copy is over before it can be cancelled", async () => {
    const fits = "copy (select repeat('x', 9)) to stdout";
    expect(await copyOut(client, fits, { maxBytes: 10 })).toMatchObject({ rows: 1 });
    for (let i = 0; i < 20; i++) {
      await expect(copyOut(client, fits, { maxBytes: 9 })).rejects.toMatchObject({ code: "HF303" });
      await expectUsable();
    }
  });

  it("leaves a transaction to its owner: an error aborts it, a rollback heals it", async () => {
    await client.query("begin");
    await expect(copyOut(client, ROWS, { maxBytes: 1000 })).rejects.toMatchObject({ code: "HF303" });
    await client.query("rollback");
    await expectUsable();
  });

  it("rejects with HF104 and the cause when the session is terminated", async () => {
    const victim = await fresh();
    const copying = copyOut(victim, "copy (select pg_sleep(0.01) from generate_series(1, 1000)) to stdout");
    const pid: unknown = Reflect.get(victim, "processID");
    setTimeout(() => void client.query("select pg_terminate_backend($1)", [pid]), 200);
    await expect(copying).rejects.toMatchObject({ code: "HF104", cause: { code: "57P01" } });
  });

  it("rejects with HF104 when the connection breaks in the middle of a row", async () => {
    for (const end of [(socket: Socket) => socket.destroy(), (socket: Socket) => socket.resetAndDestroy()]) {
      const proxy = await breakingProxy(database.url, 3_000_000, end);
      const victim = await connected(proxy.url);
      await expect(copyOut(victim, ROWS)).rejects.toMatchObject({ code: "HF104", cause: expect.any(Error) });
      await expect(copyOut(victim, ROWS)).rejects.toMatchObject({ code: "HF104" });
      proxy.server.close();
    }
  });

  it("does the same under Deno", async () => {
    const script = `
      import pg from "pg";
      import { createHash } from "node:crypto";
      import { copyOut } from "./functions/_shared/database/copy_out.ts";
      const client = new pg.Client(Deno.args[0]);
      await client.connect();
      const { bytes, rows } = await copyOut(client, Deno.args[1]);
      const failures = [];
      for (const [sql, maxBytes] of [["copy missing_table to stdout"], [Deno.args[1], 1000], ["select 1"]]) {
        failures.push(await copyOut(client, sql, maxBytes ? { maxBytes } : {}).catch((error) => error.code));
        await client.query("select 1");
      }
      console.log(JSON.stringify({ rows, hash: createHash("sha256").update(bytes).digest("hex"), failures }));
      await client.end();`;
    const { bytes } = await copyOut(client, ROWS);
    const { stdout } = await promisify(execFile)("node_modules/.bin/deno", [
      "eval", "--node-modules-dir=manual", "--config=functions/deno.json", "--ext=ts", script, database.url, ROWS,
    ]);
    expect(JSON.parse(stdout)).toEqual({
      rows: 100_000, hash: createHash("sha256").update(bytes).digest("hex"), failures: ["42P01", "HF303", "HF304"],
    });
  });

  async function fresh(): Promise<pg.Client> {
    return await connected(database.url);
  }
});

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  client.on("error", () => {});
  await client.connect();
  return client;
}

/** Passes the server's bytes on and ends the connection after `limit` of them. */
async function breakingProxy(url: string, limit: number, end: (socket: Socket) => void): Promise<{ server: Server; url: string }> {
  const target = new URL(url);
  const { hostname, port } = target;
  const server = createServer((socket) => {
    const upstream = connect(Number(port), hostname);
    let passed = 0;
    socket.on("data", (chunk) => upstream.write(chunk));
    socket.on("error", () => {});
    socket.on("close", () => upstream.destroy());
    upstream.on("error", () => {});
    upstream.on("data", (chunk) => {
      passed += chunk.length;
      if (passed < limit) socket.write(chunk);
      else end(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The proxy has no port");
  target.port = String(address.port);
  target.hostname = "127.0.0.1";
  return { server, url: target.href };
}
