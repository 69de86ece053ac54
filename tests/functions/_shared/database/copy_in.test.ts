import { Buffer } from "node:buffer";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import { inspect, promisify } from "node:util";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { copyIn } from "../../../../functions/_shared/database/copy_in.ts";
import { copyOut } from "../../../../functions/_shared/database/copy_out.ts";
import { breakingProxy } from "../../../support/breaking_proxy.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";

const SUBJECT = "table public.incoming from object data/000001.copy.gz";
/** About 13 MB: many messages, and rows that straddle them. */
const ROWS = "copy (select g, md5(g::text), repeat(chr(97 + g % 26), g % 200) from generate_series(1, 100000) g) to stdout";
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

describe("copyIn()", () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    client = await connected(database.url);
  });
  beforeEach(async () => {
    await client.query("rollback");
    await client.query("drop table if exists incoming; create table incoming (id bigint primary key, hash text, filler text)");
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  async function expectUsable(): Promise<void> {
    const result = await client.query("select $1::int + 1 as two", [1]);
    expect(result.rows).toEqual([{ two: 2 }]);
  }

  it("sends what COPY has sent, byte for byte, whatever its size", async () => {
    const { bytes, rows } = await copyOut(client, ROWS);
    await copyIn(client, "copy incoming from stdin", bytes, { rows, subject: SUBJECT });
    const back = await copyOut(client, "copy (select * from incoming order by id) to stdout");
    expect([back.rows, sha256(back.bytes)]).toEqual([rows, sha256(bytes)]);
  });

  it.each([0, 1, 131_071, 131_072, 131_073, 262_144, 20_000_000])("takes a text of %d bytes", async (size) => {
    const text = size === 0 ? new Uint8Array() : bytesOf(`1\t\\N\t${"x".repeat(Math.max(0, size - 6))}\n`);
    if (size === 1) {
      await client.query("create temporary table one_column (a text)");
      await copyIn(client, "copy one_column from stdin", bytesOf("\n"), { rows: 1, subject: SUBJECT });
      return;
    }
    await copyIn(client, "copy incoming from stdin", text, { rows: size === 0 ? 0 : 1, subject: SUBJECT });
    expect((await client.query("select count(*)::int as rows, coalesce(sum(length(filler)), 0)::int as size from incoming")).rows)
      .toEqual([{ rows: size === 0 ? 0 : 1, size: Math.max(0, size - 6) }]);
  });

  it("runs again and again on one client, between other queries, and leaves no listener behind", async () => {
    const listeners = () => client.connection.eventNames().map((name) => client.connection.listenerCount(name)).join() + client.connection.stream.listenerCount("drain");
    const before = listeners();
    for (let i = 1; i <= 20; i++) {
      await copyIn(client, "copy incoming (id) from stdin", bytesOf(`${i}\n`), { rows: 1, subject: SUBJECT });
      await expectUsable();
    }
    expect(listeners()).toBe(before);
  });

  it.each([
    ["a value its type refuses", "1\tx\ty\nsecret-1\tx\ty\n", "22P02", /, line 2/],
    ["a key that exists", "1\tsecret-1\ty\n1\tsecret-2\ty\n", "23505", /, constraint incoming_pkey\./],
    ["a null where none is allowed", "\\N\tsecret\ty\n", "23502", /, line 1, column id\./],
    ["too few columns", "1\tsecret\n", "22P04", /, line 1/],
    ["bytes that are no UTF-8", "1\tsecret\xff\ty\n", "22021", /character not valid/],
  ])("rejects %s with HF505 and without a value of the row", async (_what, text, state, detail) => {
    const error = await copyIn(client, "copy incoming from stdin", Uint8Array.from(Buffer.from(text, "latin1")), { rows: 2, subject: SUBJECT }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "HF505", message: `Cannot load ${SUBJECT}`, detail: expect.stringMatching(detail), cause: { code: state } });
    expect(inspect(error, { depth: 9 })).not.toContain("secret");
    await expectUsable();
  });

  it("stops sending when the server has rejected a row, and leaves the client usable at once", async () => {
    const text = bytesOf("x\n" + "1\ta\tb\n".repeat(4_000_000));
    await client.query("begin");
    await expect(copyIn(client, "copy incoming from stdin", text, { rows: 4_000_001, subject: SUBJECT })).rejects.toMatchObject({ code: "HF505" });
    await client.query("rollback");
    await expectUsable();
  });

  it("rejects with HF505 when the server confirms other rows, or the statement is no copy into a table", async () => {
    await client.query(`create function pg_temp.drop_row() returns trigger language plpgsql as 'begin return case when new.id > 1 then new end; end';
      create trigger drop_row before insert on incoming for each row execute function pg_temp.drop_row()`);
    await expect(copyIn(client, "copy incoming (id) from stdin", bytesOf("1\n2\n"), { rows: 2, subject: SUBJECT }))
      .rejects.toMatchObject({ code: "HF505", detail: '2 rows were sent, the server ended with "COPY 1".' });
    for (const sql of ["select generate_series(1, 3)", "copy (select 1) to stdout", ""]) {
      await expect(copyIn(client, sql, bytesOf("1\n2\n"), { rows: 2, subject: SUBJECT })).rejects.toMatchObject({ code: "HF505" });
      await expectUsable();
    }
    await expect(copyIn(client, "copy missing_table from stdin", bytesOf("1\n"), { rows: 1, subject: SUBJECT })).rejects.toMatchObject({ code: "HF505", cause: { code: "42P01" } });
    await expectUsable();
  });

  it("takes notices that arrive in masses while it sends", async () => {
    let heard = 0;
    client.on("notice", () => heard++);
    await client.query(`create function pg_temp.noisy() returns trigger language plpgsql as $$ begin raise notice '%', repeat('n', 500); return new; end $$;
      create trigger noisy before insert on incoming for each row execute function pg_temp.noisy()`);
    const text = bytesOf(Array.from({ length: 20_000 }, (_, n) => `${n}\t${"h".repeat(300)}\t\\N\n`).join(""));
    await copyIn(client, "copy incoming from stdin", text, { rows: 20_000, subject: SUBJECT });
    expect(heard).toBe(20_000);
  });

  it("rejects with HF104 when the session is terminated while rows are on their way", async () => {
    const victim = await connected(database.url);
    await client.query("begin; lock table incoming in access exclusive mode");
    const pid: unknown = Reflect.get(victim, "processID");
    const copying = copyIn(victim, "copy incoming (id) from stdin", bytesOf("7\n"), { rows: 1, subject: SUBJECT });
    setTimeout(() => void client.query("select pg_terminate_backend($1)", [pid]), 100);
    await expect(copying).rejects.toMatchObject({ code: "HF104", cause: { code: "57P01" } });
    await client.query("rollback");
  });

  it("rejects with HF104 when the connection breaks while it sends, and the rows are not there", async () => {
    const { bytes, rows } = await copyOut(client, ROWS);
    for (const end of [(socket: Socket) => socket.destroy(), (socket: Socket) => socket.resetAndDestroy()]) {
      const proxy = await breakingProxy(database.url, () => 3_000_000, end);
      const victim = await connected(proxy.url);
      await expect(copyIn(victim, "copy incoming from stdin", bytes, { rows, subject: SUBJECT })).rejects.toMatchObject({ code: "HF104", cause: expect.any(Error) });
      await expect(copyIn(victim, "copy incoming from stdin", bytes, { rows, subject: SUBJECT })).rejects.toMatchObject({ code: "HF104" });
      proxy.close();
    }
    expect((await client.query("select from incoming")).rows).toEqual([]);
  });

  it("does the same under Deno", async () => {
    const script = `
      import pg from "pg";
      import { copyIn } from "./functions/_shared/database/copy_in.ts";
      import { copyOut } from "./functions/_shared/database/copy_out.ts";
      const client = new pg.Client(Deno.args[0]);
      client.on("error", () => {});
      await client.connect();
      const { bytes, rows } = await copyOut(client, Deno.args[1]);
      const hash = async (data) => Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", data)), (b) => b.toString(16).padStart(2, "0")).join("");
      const sent = await hash(bytes);
      const failures = [];
      for (let round = 0; round < 3; round++) {
        await client.query("truncate incoming");
        await copyIn(client, "copy incoming from stdin", bytes, { rows, subject: "x" });
        failures.push(await copyIn(client, "copy incoming from stdin", bytes, { rows, subject: "x" }).catch((error) => error.code + error.cause.code));
      }
      // A server that does not read for a second while far more is on its way than the sockets hold.
      await client.query("truncate incoming; create trigger slow before insert on incoming for each row when (new.id % 50000 = 1) execute function sleep_a_second()");
      await copyIn(client, "copy incoming from stdin", bytes, { rows, subject: "x" });
      const back = await copyOut(client, "copy (select * from incoming order by id) to stdout");
      const broken = new pg.Client(Deno.args[2]);
      broken.on("error", () => {});
      await broken.connect();
      failures.push(await copyIn(broken, "copy incoming from stdin", bytes, { rows, subject: "x" }).catch((error) => error.code));
      console.log(JSON.stringify({ rows: back.rows, same: sent === await hash(back.bytes), failures }));
      await client.end();
      Deno.exit(0);`;
    await client.query("create function sleep_a_second() returns trigger language plpgsql as 'begin perform pg_catalog.pg_sleep(1); return new; end'");
    const proxy = await breakingProxy(database.url, () => 3_000_000);
    const { stdout } = await promisify(execFile)("node_modules/.bin/deno", [
      "eval", "--node-modules-dir=manual", "--config=functions/deno.json", "--ext=ts", script, database.url, ROWS, proxy.url,
    ]);
    proxy.close();
    expect(JSON.parse(stdout)).toEqual({ rows: 100_000, same: true, failures: ["HF50523505", "HF50523505", "HF50523505", "HF104"] });
  });
});

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  client.on("error", () => {});
  await client.connect();
  return client;
}
