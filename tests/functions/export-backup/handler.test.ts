import { describe, expect, it } from "vitest";
import type { Queryable } from "../../../functions/_shared/database/queryable.ts";
import { HoldfastError } from "../../../functions/_shared/errors/holdfast_error.ts";
import { createHandler, type ExportBackupHandlerDeps } from "../../../functions/export-backup/handler.ts";

const KEY = "sb_secret_0123456789";
const RUN = "20261123T205500Z-a1b2c3";
const TICKET = "0f0e0d0c-0b0a-4908-8706-050403020100";

interface Harness {
  handler: ReturnType<typeof createHandler>;
  log: string[];
  started: unknown[];
  worked: string[];
}

function harness(change: Partial<ExportBackupHandlerDeps> = {}, ticketBody: unknown = { action: "start" }): Harness {
  const log: string[] = [];
  const started: unknown[] = [];
  const worked: string[] = [];
  const database: Queryable = {
    query: async (_text: string, values?: unknown[]) => {
      if (values?.[0] !== TICKET || values[1] !== "export-backup") throw Object.assign(new Error("no"), { code: "HF101" });
      return { rows: [{ body: ticketBody }] };
    },
  } as Queryable;
  const handler = createHandler({
    secretKeys: [KEY],
    withDatabase: (task) => task(database),
    storageConfigured: () => true,
    startRun: async (_database, trigger, tier) => {
      started.push([trigger, tier]);
      return RUN;
    },
    work: async (runId) => { worked.push(runId); },
    log: (line) => log.push(line),
    ...change,
  });
  return { handler, log, started, worked };
}

const post = (body?: unknown, headers: Record<string, string> = { apikey: KEY }) =>
  new Request("http://localhost/export-backup", { method: "POST", headers, ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }) });

describe("createHandler()", () => {
  it("createHandler() starts a run for a secret key and answers 202 before the work is done", async () => {
    let finish = (): void => undefined;
    const { handler, started } = harness({ work: () => new Promise<void>((resolve) => { finish = resolve; }) });
    const response = await handler(post({ action: "start", tier: "weekly" }));
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ run_id: RUN });
    expect(started).toEqual([["http", "weekly"]]);
    finish();
  });

  it.each([undefined, {}, { tier: "daily" }])("createHandler() takes the body %j for a start", async (body) => {
    const { handler, started, worked } = harness();
    expect((await handler(post(body))).status).toBe(202);
    expect(started).toEqual([["http", body !== undefined && "tier" in body ? "daily" : null]]);
    expect(worked).toEqual([RUN]);
  });

  it("createHandler() works on a run without starting one", async () => {
    const { handler, started, worked } = harness();
    const response = await handler(post({ action: "work", run_id: RUN }));
    expect([response.status, await response.json(), started, worked]).toEqual([202, { run_id: RUN }, [], [RUN]]);
  });

  it("createHandler() takes what to do from the ticket and ignores the request's body", async () => {
    const { handler, started, worked } = harness({}, { action: "work", run_id: RUN });
    const response = await handler(post({ action: "start" }, { "x-holdfast-ticket": TICKET }));
    expect([response.status, started, worked]).toEqual([202, [], [RUN]]);
    const scheduled = harness({}, { action: "start", trigger: "schedule" });
    await scheduled.handler(post(undefined, { "x-holdfast-ticket": TICKET }));
    expect(scheduled.started).toEqual([["schedule", null]]);
  });

  it.each(["GET", "PUT", "DELETE", "PATCH"])("createHandler() answers %s with 405 and what is allowed", async (method) => {
    const response = await harness().handler(new Request("http://localhost/export-backup", { method, headers: { apikey: KEY } }));
    expect([response.status, response.headers.get("allow")]).toEqual([405, expect.stringContaining("POST")]);
    expect(await response.json()).toMatchObject({ code: "HF103" });
  });

  it.each<[string, Record<string, string>]>([
    ["no key", {}],
    ["a wrong key", { apikey: "sb_secret_wrong" }],
    ["a key that only begins right", { apikey: KEY.slice(0, -1) }],
    ["an unknown ticket", { "x-holdfast-ticket": "00000000-0000-4000-8000-000000000000" }],
    ["a ticket that is no uuid, beside a valid key", { "x-holdfast-ticket": "' or true --", apikey: KEY }],
  ])("createHandler() answers %s with 401 and starts nothing", async (_, headers) => {
    const { handler, started, worked } = harness();
    const response = await handler(post({ action: "start" }, headers));
    const text = await response.text();
    expect(response.status).toBe(401);
    expect(JSON.parse(text)).toMatchObject({ code: "HF101" });
    expect(text).not.toContain(KEY);
    expect([started, worked]).toEqual([[], []]);
  });

  it.each([
    ["an unknown action", { action: "drop" }],
    ["an unknown field", { action: "start", tables: ["users"] }],
    ["an unknown tier", { action: "start", tier: "hourly" }],
    ["work without a run", { action: "work" }],
    ["a run id that is none", { action: "work", run_id: "../../etc" }],
    ["a list", []],
    ["a number", 7],
    ["no JSON", "{"],
  ])("createHandler() answers %s with 422 and starts nothing", async (_, body) => {
    const { handler, started, worked } = harness();
    const response = await handler(post(body));
    expect([response.status, started, worked]).toEqual([422, [], []]);
    expect(await response.json()).toMatchObject({ code: "HF100" });
  });

  it("createHandler() answers 200 with state off when S3 is not configured", async () => {
    const { handler, started, worked } = harness({ storageConfigured: () => false });
    const response = await handler(post());
    expect([response.status, started, worked]).toEqual([200, [], []]);
    expect(await response.json()).toMatchObject({ state: "off", hint: expect.stringContaining("HOLDFAST_S3_BUCKET") });
  });

  it("createHandler() opens no session with the database for strangers", async () => {
    const { handler } = harness({ withDatabase: () => expect.unreachable() });
    for (const headers of [{}, { apikey: "sb_secret_wrong" }, { "x-holdfast-ticket": "x" }]) expect((await handler(post({}, headers as Record<string, string>))).status).toBe(401);
  });

  it("createHandler() asks for authorization before it tells whether S3 is configured", async () => {
    expect((await harness({ storageConfigured: () => false }).handler(post({}, {}))).status).toBe(401);
  });

  it("createHandler() answers 500 with the code when S3 is configured halfway", async () => {
    const { handler } = harness({ storageConfigured: () => { throw new HoldfastError("HF200", "Cannot use S3"); } });
    const response = await handler(post());
    expect([response.status, await response.json()]).toMatchObject([500, { code: "HF200" }]);
  });

  it("createHandler() answers 409 when another run is active", async () => {
    const { handler, worked } = harness({ startRun: async () => { throw Object.assign(new Error("active"), { code: "HF002" }); } });
    const response = await handler(post());
    expect([response.status, worked]).toEqual([409, []]);
    expect(await response.json()).toMatchObject({ code: "HF002" });
  });

  it("createHandler() logs a failure in the background with its code and no secret, and never throws it", async () => {
    const { handler, log } = harness({ work: async () => { throw new HoldfastError("HF300", "Snapshot lost", { detail: "secret-value" }); } });
    expect((await handler(post())).status).toBe(202);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(log).toEqual(["HF300: Snapshot lost"]);
  });

  it("createHandler() logs an unexpected failure by its place, not by its message", async () => {
    const { handler, log } = harness({ work: async () => { throw new TypeError("row is ada@example.org"); } });
    await handler(post());
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(log).toHaveLength(1);
    expect(log[0]).toMatch(/^unexpected error: TypeError at /);
    expect(log[0]).not.toContain("ada@example.org");
  });

  it("createHandler() answers a bug with 500 and none of its words", async () => {
    const { handler, log } = harness({ withDatabase: async () => { throw new Error("password=hunter2"); } });
    const response = await handler(post());
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("hunter2");
    expect(log.join()).not.toContain("hunter2");
  });
});
