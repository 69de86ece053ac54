import { describe, expect, it } from "vitest";
import type { Queryable } from "../../../functions/_shared/database/queryable.ts";
import { HoldfastError } from "../../../functions/_shared/errors/holdfast_error.ts";
import { createHandler, type RestoreDrillHandlerDeps } from "../../../functions/restore-drill/handler.ts";

const KEY = "sb_secret_0123456789";
const DRILL = "0a0e0d0c-0b0a-4908-8706-050403020100";
const TICKET = "0f0e0d0c-0b0a-4908-8706-050403020100";

function harness(change: Partial<RestoreDrillHandlerDeps> = {}, ticketBody: unknown = { action: "start", trigger: "schedule" }) {
  const calls: unknown[] = [];
  const database: Queryable = {
    query: async (_text: string, values?: unknown[]) => {
      if (values?.[0] !== TICKET || values[1] !== "restore-drill") throw Object.assign(new Error("no"), { code: "HF101" });
      return { rows: [{ body: ticketBody }] };
    },
  };
  const handler = createHandler({
    secretKeys: [KEY],
    withDatabase: (task) => task(database),
    storageConfigured: () => true,
    startDrill: async (_database, trigger, from) => {
      calls.push(["start", trigger, from]);
      return DRILL;
    },
    readDrill: async (_database, drillId) => (drillId === null || drillId === DRILL ? { drill_id: DRILL, state: "running" } : null),
    work: async (drillId) => { calls.push(["work", drillId]); },
    reap: async () => { calls.push(["reap"]); },
    log: () => undefined,
    ...change,
  });
  return { handler, calls };
}

const post = (body?: unknown, headers: Record<string, string> = { apikey: KEY }) =>
  new Request("http://localhost/restore-drill", { method: "POST", headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
const get = (query = "", headers: Record<string, string> = { apikey: KEY }) => new Request(`http://localhost/restore-drill${query}`, { headers });

describe("createHandler()", () => {
  it("createHandler() opens no session with the database for strangers", async () => {
    const { handler } = harness({ withDatabase: () => expect.unreachable() });
    for (const headers of [{}, { apikey: "sb_secret_wrong" }, { "x-holdfast-ticket": "x" }]) expect((await handler(post({}, headers as Record<string, string>))).status).toBe(401);
  });

  it.each([[undefined, null], [{ from: "random" }, "random"], [{ action: "start", from: "20261123T205500Z-a1b2c3" }, "20261123T205500Z-a1b2c3"]])(
    "createHandler() starts a drill for %j and works on it after the answer", async (body, from) => {
      const { handler, calls } = harness();
      const response = await handler(post(body));
      expect([response.status, await response.json()]).toEqual([202, { drill_id: DRILL }]);
      expect(calls).toEqual([["start", "http", from], ["work", DRILL]]);
    });

  it("createHandler() works on a drill and reaps as a ticket says, whatever the request's body says", async () => {
    const scheduled = harness();
    await scheduled.handler(post({ action: "reap" }, { "x-holdfast-ticket": TICKET }));
    expect(scheduled.calls).toEqual([["start", "schedule", null], ["work", DRILL]]);
    const worker = harness({}, { action: "work", drill_id: DRILL });
    expect(await (await worker.handler(post(undefined, { "x-holdfast-ticket": TICKET }))).json()).toEqual({ drill_id: DRILL });
    expect(worker.calls).toEqual([["work", DRILL]]);
    const reaper = harness({}, { action: "reap" });
    expect((await reaper.handler(post(undefined, { "x-holdfast-ticket": TICKET }))).status).toBe(202);
    expect(reaper.calls).toEqual([["reap"]]);
  });

  it.each<[string, Record<string, string>]>([
    ["no key", {}],
    ["a wrong key", { apikey: "sb_secret_wrong" }],
    ["an unknown ticket", { "x-holdfast-ticket": "00000000-0000-4000-8000-000000000000" }],
    ["a ticket that is no uuid, beside a valid key", { "x-holdfast-ticket": "x", apikey: KEY }],
  ])("createHandler() answers %s with 401 and does nothing", async (_, headers) => {
    const { handler, calls } = harness();
    const response = await handler(post({ action: "start" }, headers));
    expect([response.status, await response.json(), calls]).toEqual([401, expect.objectContaining({ code: "HF101" }), []]);
    expect((await handler(get("", headers["x-holdfast-ticket"] === undefined ? headers : { "x-holdfast-ticket": TICKET }))).status).toBe(401);
  });

  it.each([{ action: "stop" }, { action: "work" }, { action: "work", drill_id: "1; drop" }, { from: "oldest" }, { action: "start", more: 1 }, []])(
    "createHandler() answers the body %j with 422", async (body) => {
      const { handler, calls } = harness();
      const response = await handler(post(body));
      expect([response.status, calls]).toEqual([422, []]);
    });

  it("createHandler() answers 409 when another drill is active and 404 when there is no restore point", async () => {
    for (const [code, status] of [["HF507", 409], ["HF500", 404]] as const) {
      const { handler } = harness({ startDrill: () => Promise.reject(new HoldfastError(code, "no")) });
      expect((await handler(post())).status).toBe(status);
    }
  });

  it("createHandler() answers that drills are off when S3 is not configured, but lets the worker of one end it", async () => {
    const { handler, calls } = harness({ storageConfigured: () => false });
    const response = await handler(post());
    expect([response.status, await response.json()]).toEqual([200, expect.objectContaining({ state: "off" })]);
    expect(calls).toEqual([]);
    await handler(post({ action: "work", drill_id: DRILL }));
    expect(calls).toEqual([["work", DRILL]]);
  });

  it("createHandler() tells how a drill stands, the newest one by default", async () => {
    const { handler } = harness();
    expect(await (await handler(get())).json()).toEqual({ drill_id: DRILL, state: "running" });
    expect((await handler(get(`?drill_id=${DRILL}`))).status).toBe(200);
    const missing = await handler(get("?drill_id=0b0e0d0c-0b0a-4908-8706-050403020100"));
    expect([missing.status, await missing.json()]).toEqual([409, expect.objectContaining({ code: "HF507" })]);
    expect((await handler(get("?drill_id=x"))).status).toBe(422);
  });

  it("createHandler() answers other methods with 405", async () => {
    expect((await harness().handler(new Request("http://localhost/restore-drill", { method: "DELETE", headers: { apikey: KEY } }))).status).toBe(405);
  });
});
