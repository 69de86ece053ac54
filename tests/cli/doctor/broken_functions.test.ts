import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createTestDatabase } from "../../support/database.ts";
import { createDoctorWorld, type DoctorWorld, KEY, MARK, theFailure, troubles } from "../../support/doctor_world.ts";

let world: DoctorWorld;
beforeAll(async () => void (world = await createDoctorWorld()));
afterEach(() => {
  world.answers.clear();
  world.functionEnv = {};
  world.functionDatabaseUrl = world.database.url;
});
afterAll(() => world.stop());

const look = (machine: Record<string, string> = { ...world.env }) => world.doctor({ area: "functions", machine });
const answer = (status: number, body: unknown) => () => Promise.resolve(Response.json(body, { status }));
const setUrl = (url: string) => world.sql("update backup.settings set functions_url = $1 where id", [url]);

describe("runDoctor() on functions", () => {
  it.each([
    ["one that is not deployed", 404, { code: "NOT_FOUND", message: MARK }, "not deployed (404)", "supabase functions deploy verify-backup"],
    ["the platform's JWT check", 401, { code: 401, message: "Missing authorization header" }, "the platform's JWT check", "verify_jwt = false in [functions.verify-backup] of supabase/config.toml, then supabase functions deploy verify-backup"],
    ["one that does not start", 503, { code: "BOOT_ERROR", message: MARK }, "does not start (503 BOOT_ERROR)", "supabase functions deploy verify-backup"],
    ["one that is configured wrongly", 500, { code: "HF102", message: MARK }, "answers HF102: Configuration is not valid", "supabase secrets set"],
    ["one that lets strangers in", 200, { hello: MARK }, "answers a stranger (200)", "supabase functions deploy verify-backup"],
  ])("runDoctor() names %s, and nothing else", async (_, status, body, seen, fix) => {
    world.answers.set("verify-backup", answer(status, body));
    const report = await look();
    expect(theFailure(report)).toMatchObject({ name: "functions/verify-backup", seen: expect.stringContaining(seen), fix: expect.stringContaining(fix) });
    expect(troubles(report)).toEqual(["failed functions/verify-backup"]);
    expect(JSON.stringify(report)).not.toContain(MARK);
  });

  it("runDoctor() is in doubt about an answer that no function gives", async () => {
    world.answers.set("restore-drill", answer(302, {}));
    expect(troubles(await look())).toEqual(["inconclusive functions/restore-drill"]);
  });

  it("runDoctor() says that this machine cannot reach them, and asks where they are", async () => {
    const report = await world.doctor({ area: "functions", functionsUrl: "http://127.0.0.1:9099/functions/v1" });
    expect(theFailure(report)).toMatchObject({ name: "functions/url", seen: "http://127.0.0.1:9099/functions/v1 cannot be reached from this machine: ECONNREFUSED", fix: expect.stringContaining("--functions-url https://") });
    expect(report.results.filter(({ blockedBy }) => blockedBy === "functions/url")).toHaveLength(9);
    expect(theFailure(await world.doctor({ area: "functions", functionsUrl: `http://u:${MARK}@127.0.0.1/` })).seen).not.toContain(MARK);
    expect(troubles(await world.doctor({ area: "functions", url: "postgresql://x@127.0.0.1:1/x" }))).toEqual(["inconclusive functions/url"]);
  });

  it("runDoctor() tries the secret key, and needs none where it has the database", async () => {
    expect(theFailure(await look({ HOLDFAST_SECRET_KEY: `${MARK}-wrong` }))).toMatchObject({ name: "functions/secret_key", fix: expect.stringContaining("export HOLDFAST_SECRET_KEY=sb_secret_…") });
    const without = await look({});
    expect(troubles(without)).toEqual([]);
    expect(without.results.find(({ name }) => name === "functions/secret_key")).toMatchObject({ verdict: "skipped" });
    expect(without.results.find(({ name }) => name === "functions/inside_write")).toMatchObject({ verdict: "passed" });
  });

  it("runDoctor() looks from inside by key where it has no database, and is in doubt without either", async () => {
    const alone = (machine: Record<string, string>) => world.doctor({ area: "functions", machine, url: "postgresql://x@127.0.0.1:1/x", functionsUrl: world.functionsUrl });
    const byKey = await alone({ SUPABASE_SECRET_KEYS: JSON.stringify({ default: KEY }) });
    expect(troubles(byKey)).toEqual([]);
    expect(byKey.results.find(({ name }) => name === "functions/inside_read")).toMatchObject({ verdict: "passed" });
    expect(troubles(await alone({}))).toEqual(["inconclusive functions/inside"]);
  });
});

describe("runDoctor() from inside of a function", () => {
  it.each([
    ["secrets that are missing while a policy is on", { HOLDFAST_S3_ENDPOINT: undefined, HOLDFAST_S3_BUCKET: undefined, HOLDFAST_S3_ACCESS_KEY_ID: undefined, HOLDFAST_S3_SECRET_ACCESS_KEY: undefined },
      "inside_settings", "the functions have no HOLDFAST_S3_… secrets", "supabase secrets set HOLDFAST_S3_BUCKET=… HOLDFAST_S3_ACCESS_KEY_ID=… HOLDFAST_S3_SECRET_ACCESS_KEY=…"],
    ["half of the secrets", { HOLDFAST_S3_SECRET_ACCESS_KEY: undefined }, "inside_settings", "HOLDFAST_S3_SECRET_ACCESS_KEY is not set", "supabase secrets set HOLDFAST_S3_SECRET_ACCESS_KEY=…"],
    ["a wrong secret", { HOLDFAST_S3_SECRET_ACCESS_KEY: `${MARK}-old` }, "inside_access", "SignatureDoesNotMatch", "supabase secrets set HOLDFAST_S3_SECRET_ACCESS_KEY=…"],
    ["a recipient that is none", { HOLDFAST_AGE_RECIPIENTS: MARK }, "inside_recipients", "Entry 1", "supabase secrets set HOLDFAST_AGE_RECIPIENTS=age1…"],
    ["an identity that is none", { HOLDFAST_DRILL_AGE_IDENTITY: MARK }, "inside_drill_identity", "HOLDFAST_DRILL_AGE_IDENTITY is no identity file", "supabase secrets unset HOLDFAST_DRILL_AGE_IDENTITY"],
    ["a channel for alerts that is half set up", { HOLDFAST_ALERT_WEBHOOK_URL: `https://example.com/${MARK}` }, "inside_alert_delivery", "webhook: HOLDFAST_ALERT_WEBHOOK_SECRET is not set", "supabase secrets set HOLDFAST_ALERT_WEBHOOK_SECRET=…   # Set HOLDFAST_ALERT_WEBHOOK_SECRET, or remove HOLDFAST_ALERT_WEBHOOK_URL."],
    ["another prefix than this machine's", { HOLDFAST_S3_PREFIX: "elsewhere" }, "same_bucket", 'another prefix than this machine: "elsewhere" and "holdfast"', "export HOLDFAST_S3_PREFIX=elsewhere"],
  ])("runDoctor() names %s, and nothing else", async (_, change, name, seen, fix) => {
    world.functionEnv = change;
    const report = await look();
    expect(theFailure(report)).toMatchObject({ name: `functions/${name}`, seen: expect.stringContaining(seen), fix: expect.stringContaining(fix) });
    expect(troubles(report)).toEqual([`failed functions/${name}`]);
    expect(JSON.stringify(report)).not.toContain(MARK);
  });

  it("runDoctor() does not ask for secrets while no policy is on, and mentions delivery of alerts", async () => {
    world.functionEnv = { HOLDFAST_S3_ENDPOINT: undefined, HOLDFAST_S3_BUCKET: undefined, HOLDFAST_S3_ACCESS_KEY_ID: undefined, HOLDFAST_S3_SECRET_ACCESS_KEY: undefined, HOLDFAST_ALERT_SLACK_URL: `https://hooks.example.com/${MARK}` };
    await world.sql("update backup.policies set enabled = false where provider = 'aws_s3'");
    const report = await look();
    await world.sql("select backup.enable()");
    expect(troubles(report)).toEqual([]);
    expect(report.results.find(({ name }) => name === "functions/inside_alert_delivery")).toMatchObject({ verdict: "passed", seen: "set up for the functions: slack" });
    expect(JSON.stringify(report)).not.toContain(MARK);
  });

  it("runDoctor() knows functions that work on another database by its own ticket", async () => {
    const other = await createTestDatabase({ migrated: true });
    world.functionDatabaseUrl = other.url;
    const report = await look();
    await other.drop();
    expect(theFailure(report)).toMatchObject({ name: "functions/inside", seen: expect.stringContaining("work on another one"), fix: expect.stringContaining("supabase secrets unset HOLDFAST_DB_URL") });
  });

  it("runDoctor() names functions that cannot reach their database, once", async () => {
    world.functionDatabaseUrl = `postgresql://postgres:${MARK}@127.0.0.1:1/postgres`;
    const report = await look({});
    expect(theFailure(report)).toMatchObject({ name: "functions/inside", seen: "the functions cannot reach their database (HF104)", fix: expect.stringContaining("supabase secrets set HOLDFAST_DB_URL=…") });
    expect(JSON.stringify(report)).not.toContain(MARK);
  });

  it("runDoctor() does not guess at a report it does not understand", async () => {
    world.answers.set("run-doctor", (request) => Promise.resolve(request.headers.has("x-holdfast-ticket") ? Response.json({ findings: [{}] }) : Response.json({ code: "HF101" }, { status: 401 })));
    expect(theFailure(await look())).toMatchObject({ name: "functions/inside", fix: "supabase functions deploy" });
  });
});

describe("runDoctor() on the way from the database to the functions", () => {
  const network = (claimMs = 700) => world.doctor({ area: "network", claimMs });

  it("runDoctor() posts a ticket and sees it claimed", async () => {
    const report = await network(8_000);
    expect(report.results).toMatchObject([{ name: "network/round_trip", verdict: "passed", seen: expect.stringMatching(/claimed in \d+\.\d s$/) }]);
  });

  it("runDoctor() says that pg_net sends nothing", async () => {
    await world.net.stop();
    const report = await network();
    world.net.start();
    expect(theFailure(report)).toMatchObject({ name: "network/round_trip", seen: expect.stringContaining("its worker is not running"), fix: "select net.worker_restart();" });
  });

  it.each([
    ["that the database cannot reach the functions", "http://127.0.0.1:9099/functions/v1", "the database cannot reach the functions: ", "update backup.settings set functions_url"],
    ["that there is no function where it calls", "/nowhere", "no function where the database calls (404)", "update backup.settings set functions_url"],
  ])("runDoctor() says %s", async (_, url, seen, fix) => {
    await setUrl(url.startsWith("/") ? world.functionsUrl.replace("/functions/v1", "/a/b/c") : url);
    const report = await world.doctor({ area: "network", functionsUrl: world.functionsUrl });
    await setUrl(world.functionsUrl);
    expect(theFailure(report)).toMatchObject({ name: "network/round_trip", seen: expect.stringContaining(seen), fix: expect.stringContaining(fix) });
  });

  it.each([[401, { code: "HF101" }, "refuses its tickets (401)"], [500, {}, "answers 500"]])("runDoctor() says that the function answers the database %i", async (status, body, seen) => {
    world.answers.set("run-doctor", (request) => Promise.resolve(request.headers.has("x-holdfast-ticket") ? Response.json(body, { status }) : Response.json({ code: "HF101" }, { status: 401 })));
    expect(theFailure(await network(8_000))).toMatchObject({ name: "network/round_trip", seen: expect.stringContaining(seen) });
  });

  it("runDoctor() does not take the answer to another ticket for that to its own", async () => {
    world.answers.set("verify-backup", answer(404, {}));
    world.answers.set("run-doctor", async (request) => {
      const ticket = request.headers.get("x-holdfast-ticket");
      if (ticket === null) return Response.json({ code: "HF101" }, { status: 401 });
      await world.sql("select backup.dispatch('verify-backup')");
      // As an isolate that has to start first.
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      await world.sql("update backup.tickets set claimed_at = now() where ticket_id = $1::uuid", [ticket]);
      return Response.json({}, { status: 202 });
    });
    expect((await network(8_000)).results).toMatchObject([{ name: "network/round_trip", verdict: "passed" }]);
    world.answers.clear();
  });

  it("runDoctor() does not post a ticket to a function that is not there, nor wait for a program that is not", async () => {
    world.answers.set("run-doctor", answer(404, {}));
    expect(troubles(await network())).toEqual(["inconclusive network/round_trip"]);
    world.answers.clear();
    await world.sql("update backup.settings set external_clock = true where id");
    expect(theFailure(await network(300))).toMatchObject({ name: "network/round_trip", fix: expect.stringContaining("set external_clock = false") });
    await world.sql("update backup.settings set external_clock = false where id");
  });
});
