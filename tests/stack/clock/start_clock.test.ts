import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Clock, startClock } from "../../../stack/clock/start_clock.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { queryRows } from "../../support/query_rows.ts";
import { waitUntil } from "../../support/wait_until.ts";

interface Delivery {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
}

/** Longer than two beats of the clock: what has not arrived by then is not on its way. */
const TWO_BEATS_MS = 1_300;

describe("startClock()", () => {
  let database: TestDatabase;
  let server: Server;
  let functionsUrl: string;
  let deliveries: Delivery[];
  let log: string[];
  let clock: Clock | undefined;

  beforeEach(async () => {
    database = await createTestDatabase({ migrated: true });
    deliveries = [];
    log = [];
    clock = undefined;
    server = createServer((request, response) => {
      deliveries.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers });
      response.writeHead(202).end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the server has no port");
    functionsUrl = `http://127.0.0.1:${address.port}/functions/v1`;
    // Without the clock outside, this alone would make the database post tickets itself.
    await sql("update backup.settings set functions_url = $1 where id", [functionsUrl]);
  });

  afterEach(async () => {
    await clock?.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await database.drop();
  });

  const sql = (text: string, values?: unknown[]) => queryRows(database.url, text, values);
  const start = async (url = functionsUrl) => {
    clock = await startClock({ databaseUrl: database.url, functionsUrl: url, onLog: (line) => log.push(line) });
    return clock;
  };
  const dispatch = async () => {
    const [row] = await sql("select backup.dispatch('export-backup', '{}') as ticket");
    return String(row?.["ticket"]);
  };
  const startRun = async () => {
    const [row] = await sql("select backup.start_run('sql', 'functions') as run_id");
    return String(row?.["run_id"]);
  };
  const sessions = async () => (await queryRows(database.adminUrl,
    "select a.application_name from pg_stat_activity a where a.datname = $1 and a.application_name like 'holdfast%'", [database.name])).length;
  const externalClock = async () => (await sql("select s.external_clock as it from backup.settings s"))[0]?.["it"];

  it("startClock() delivers a ticket once, to the function it is for, in the ticket's header", async () => {
    await start();
    const ticket = await dispatch();
    await waitUntil(() => deliveries.length > 0);
    await sleep(TWO_BEATS_MS);
    expect(deliveries).toEqual([{ method: "POST", url: "/functions/v1/export-backup", headers: expect.objectContaining({ "x-holdfast-ticket": ticket }) }]);
    expect(await sql("select t.posted from backup.tickets t")).toEqual([{ posted: true }]);
  });

  it("startClock() delivers neither used nor expired tickets, nor those pg_net was asked to deliver", async () => {
    await sql(`insert into backup.tickets (function_name, issued_at, expires_at, posted, claimed_at) values
      ('used', now(), now() + interval '5 minutes', false, now()),
      ('expired', now() - interval '6 minutes', now() - interval '1 minute', false, null),
      ('posted', now(), now() + interval '5 minutes', true, null)`);
    await start();
    await sleep(TWO_BEATS_MS);
    expect(deliveries).toEqual([]);
  });

  it("startClock() says which function did not answer, and does not send the ticket again", async () => {
    await start("http://127.0.0.1:9");
    await dispatch();
    await waitUntil(() => log.length > 0);
    await sleep(TWO_BEATS_MS);
    expect(log).toEqual(["clock: export-backup did not answer: TypeError"]);
  });

  it("startClock() gives a starting run its keeper, whose snapshot lets the export begin", async () => {
    await start();
    const runId = await startRun();
    await waitUntil(async () => (await sql("select backup.begin_export($1) as snapshot", [runId]))[0]?.["snapshot"] !== null);
    expect(await sql("select r.state::text, r.keeper_pid is not null as kept from backup.runs r")).toEqual([{ state: "exporting", kept: true }]);
    await sql("select backup.cancel_run($1)", [runId]);
  });

  it("startClock() leaves runs of the command alone, which hold their snapshot themselves", async () => {
    await start();
    await sql("select backup.start_run('cli', 'cli')");
    await sleep(TWO_BEATS_MS);
    expect(await sql("select r.state::text, r.keeper_pid from backup.runs r")).toEqual([{ state: "starting", keeper_pid: null }]);
  });

  it("startClock() keeps pg_cron and pg_net out of it, and stop() lets them in again", async () => {
    const jobs = "select j.jobname from cron.job j where j.jobname like 'holdfast-keeper-%'";
    const requests = "select q.url from net.http_request_queue q";
    const running = await start();
    await sql("select backup.cancel_run($1)", [await startRun()]);
    await dispatch();
    expect(await externalClock()).toBe(true);
    expect(await sql(jobs)).toEqual([]);
    expect(await sql(requests)).toEqual([]);

    await running.stop();
    clock = undefined;
    expect(await externalClock()).toBe(false);
    await startRun();
    await dispatch();
    expect(await sql(jobs)).toHaveLength(1);
    expect(await sql(requests)).toEqual([{ url: `${functionsUrl}/export-backup` }]);
  });

  it("stop() leaves no session behind, and a run it kept alive fails instead of hanging", async () => {
    const running = await start();
    const runId = await startRun();
    await waitUntil(async () => (await sql("select backup.begin_export($1) as snapshot", [runId]))[0]?.["snapshot"] !== null);
    expect(await sessions()).toBe(2);
    await running.stop();
    clock = undefined;
    await waitUntil(async () => (await sessions()) === 0);
    expect(await sql("select backup.end_stuck_runs() as ended")).toEqual([{ ended: runId }]);
    expect(await sql("select r.state::text, r.failure_code from backup.runs r")).toEqual([{ state: "failed", failure_code: "HF300" }]);
  }, 20_000);
});
