import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type NetDaemon, startNet } from "../../../stack/net/start_net.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { waitUntil } from "../../support/wait_until.ts";

describe("startNet()", () => {
  const received: { method: string | undefined; url: string | undefined; body: string; type: string | undefined }[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    received.push({ method: request.method, url: request.url, body, type: request.headers["content-type"] });
    if (request.url === "/slow") await sleep(600);
    response.writeHead(201, { "content-type": "application/json", "x-mine": "1" }).end('{"ok":true}');
  });
  let base = "";
  let database: TestDatabase;
  let postgres: pg.Client;
  let daemon: NetDaemon;

  beforeAll(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    base = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    database = await createTestDatabase();
    postgres = new pg.Client(database.url);
    await postgres.connect();
    daemon = startNet(database.adminUrl);
  });
  afterAll(async () => {
    await daemon.stop();
    await postgres.end();
    await database.drop();
    server.close();
  });

  async function answerOf(id: unknown): Promise<Record<string, unknown>> {
    const read = async (): Promise<pg.QueryResult<Record<string, unknown>>> =>
      postgres.query("select status_code, content_type, headers ->> 'x-mine' as mine, content, timed_out, error_msg from net._http_response where id = $1", [id]);
    await waitUntil(async () => (await read()).rowCount === 1);
    return (await read()).rows[0] ?? {};
  }

  it("startNet() sends after commit, not before, and never after a rollback", async () => {
    await postgres.query("begin");
    const { rows } = await postgres.query("select net.http_post($1, '{\"a\": 1}', '{\"q\": \"x y\"}') as id", [`${base}/committed`]);
    await sleep(500);
    expect(received).toEqual([]);
    await postgres.query("commit");
    expect(await answerOf(rows[0].id)).toEqual({
      status_code: 201, content_type: "application/json", mine: "1", content: '{"ok":true}', timed_out: false, error_msg: null,
    });
    expect(received).toEqual([{ method: "POST", url: "/committed?q=x%20y", body: '{"a": 1}', type: "application/json" }]);
    await postgres.query("begin");
    await postgres.query("select net.http_get($1)", [`${base}/rolled-back`]);
    await postgres.query("rollback");
    await sleep(500);
    expect(received.some(({ url }) => url === "/rolled-back")).toBe(false);
  });

  it("startNet() records a timeout while the receiver carries on", async () => {
    const { rows } = await postgres.query("select net.http_get($1, timeout_milliseconds := 200) as id", [`${base}/slow`]);
    expect(await answerOf(rows[0].id)).toMatchObject({ status_code: null, timed_out: true, error_msg: expect.stringContaining("200 ms") });
    expect(received.some(({ url }) => url === "/slow")).toBe(true);
  });

  it("startNet() records a refused connection as an error, and empties the queue", async () => {
    const { rows } = await postgres.query("select net.http_get('http://127.0.0.1:1/') as id");
    expect(await answerOf(rows[0].id)).toMatchObject({ status_code: null, timed_out: false, error_msg: expect.any(String) });
    expect((await postgres.query("select from net.http_request_queue")).rowCount).toBe(0);
  });

  it("net.http_post() defaults to 5000 ms and refuses another content type", async () => {
    await postgres.query("begin");
    await postgres.query("select net.http_post($1)", [`${base}/default`]);
    const { rows } = await postgres.query("select method, timeout_milliseconds, convert_from(body, 'UTF8') as body from net.http_request_queue");
    expect(rows).toEqual([{ method: "POST", timeout_milliseconds: 5000, body: "{}" }]);
    await postgres.query("rollback");
    await expect(postgres.query("select net.http_post('http://x', headers := '{\"content-type\": \"text/plain\"}')")).rejects.toThrow("application/json");
  });
});
