import { describe, expect, it } from "vitest";
import type { Queryable } from "../../../functions/_shared/database/queryable.ts";
import { HoldfastError } from "../../../functions/_shared/errors/holdfast_error.ts";
import { createHandler } from "../../../functions/run-doctor/handler.ts";

const KEY = "sb_secret_0123456789";
const TICKET = "0f0e0d0c-0b0a-4908-8706-050403020100";
const REPORT = { findings: [], bucket: null };

function harness(ticketBody: unknown = { action: "ping" }) {
  const looked: unknown[] = [];
  const database: Queryable = {
    query: (_text, values) => {
      if (values?.[0] !== TICKET || values[1] !== "run-doctor") return Promise.reject(Object.assign(new Error("no"), { code: "HF101" }));
      return Promise.resolve({ rows: [{ body: ticketBody }] });
    },
  };
  const handler = createHandler({ secretKeys: [KEY], withDatabase: (task) => task(database), look: (given) => Promise.resolve((looked.push(given), REPORT)) });
  return { handler, looked, database };
}

const post = (body?: unknown, headers: Record<string, string> = { apikey: KEY }) =>
  new Request("http://localhost/run-doctor", { method: "POST", headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });

describe("createHandler()", () => {
  it("createHandler() looks for a key or a ticket, and does nothing for a ping", async () => {
    const { handler, looked, database } = harness();
    const response = await handler(post());
    expect([response.status, await response.json()]).toEqual([200, REPORT]);
    expect(looked).toEqual([database]);
    const ping = await handler(post({ action: "look" }, { "x-holdfast-ticket": TICKET }));
    expect([ping.status, await ping.json()]).toEqual([200, { state: "alive" }]);
    expect(looked).toHaveLength(1);
    expect((await harness({ action: "look" }).handler(post(undefined, { "x-holdfast-ticket": TICKET }))).status).toBe(200);
  });

  it("createHandler() refuses strangers before it looks, other methods and other actions", async () => {
    const { handler, looked } = harness();
    for (const headers of [{}, { apikey: "sb_publishable_1" }, { "x-holdfast-ticket": TICKET.replace("0f", "1f") }]) expect((await handler(post({}, headers))).status).toBe(401);
    expect((await handler(new Request("http://localhost/run-doctor", { headers: { apikey: KEY } }))).status).toBe(405);
    expect((await handler(post({ action: "repair" }))).status).toBe(422);
    expect(looked).toEqual([]);
  });

  it("createHandler() says that its database is away", async () => {
    const handler = createHandler({ secretKeys: [KEY], withDatabase: () => Promise.reject(new HoldfastError("HF104", "Cannot connect to the database")), look: () => Promise.resolve(REPORT) });
    expect((await handler(post({}, {}))).status).toBe(503);
  });
});
