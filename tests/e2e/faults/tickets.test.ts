import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { type FunctionsBench, startFunctionsBench } from "../../support/e2e_bench.ts";
import { type Answer, callExport, untilQuiet } from "../../support/e2e_functions.ts";
import { queryRows } from "../../support/query_rows.ts";

const WORK = JSON.stringify({ action: "work", run_id: "20260101T000000Z-abcdef" });

describe("claim_ticket() as export-backup uses it", () => {
  let bench: FunctionsBench;
  let clone: TestDatabase;
  beforeAll(async () => {
    [bench, clone] = await Promise.all([startFunctionsBench(), createTestDatabase({ migrated: true })]);
    // The tickets of this file are delivered by hand.
    await queryRows(bench.databaseUrl, "update backup.settings set functions_url = null where id");
  });
  afterAll(async () => {
    await bench.stop();
    await clone.drop();
  });

  async function issue(url: string, functionName = "export-backup", body = WORK): Promise<string> {
    const [row] = await queryRows(url, "select backup.dispatch($1, $2::jsonb) as ticket", [functionName, body]);
    return String(row?.["ticket"]);
  }
  const present = (ticket: string, body: unknown = {}): Promise<Answer> => callExport(bench, body, { "x-holdfast-ticket": ticket });

  it("claim_ticket() opens the function once", async () => {
    const ticket = await issue(bench.databaseUrl);
    expect(await present(ticket)).toMatchObject({ status: 202 });
    expect(await present(ticket)).toMatchObject({ status: 401, body: { code: "HF101" } });
  });

  it("claim_ticket() lets one of ten simultaneous deliveries in", async () => {
    const ticket = await issue(bench.databaseUrl);
    const answers = await Promise.all(Array.from({ length: 10 }, () => present(ticket)));
    expect(answers.map((one) => one.status).sort()).toEqual([202, ...Array.from({ length: 9 }, () => 401)]);
  });

  it("claim_ticket() refuses a forged, a malformed, an expired and another function's ticket with the same answer", async () => {
    const expired = await issue(bench.databaseUrl);
    await queryRows(bench.databaseUrl,
      "update backup.tickets set issued_at = issued_at - interval '6 minutes', expires_at = expires_at - interval '6 minutes' where ticket_id = $1", [expired]);
    const answers: Answer[] = [];
    for (const ticket of [randomUUID(), "' or true --", expired, await issue(bench.databaseUrl, "verify-backup")]) answers.push(await present(ticket));
    expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 401, body: { code: "HF101" } });
  });

  it("claim_ticket() refuses a ticket of a cloned project, which stays unused there", async () => {
    const ticket = await issue(clone.url);
    expect(await present(ticket)).toMatchObject({ status: 401, body: { code: "HF101" } });
    expect(await queryRows(clone.url, "select t.claimed_at from backup.tickets t where t.ticket_id = $1", [ticket])).toEqual([{ claimed_at: null }]);
  });

  it("claim_ticket() decides what is done, not the request that carries the ticket", async () => {
    const ticket = await issue(bench.databaseUrl);
    expect(await present(ticket, { action: "start" })).toMatchObject({ status: 202, body: { run_id: "20260101T000000Z-abcdef" } });
    await untilQuiet(bench);
    expect(await queryRows(bench.databaseUrl, "select count(*)::integer as runs from backup.runs")).toEqual([{ runs: 0 }]);
  });

  it.each<[string, Record<string, string>]>([
    ["no key", {}],
    ["a wrong key", { apikey: "sb_secret_wrong" }],
    ["an empty key", { apikey: "" }],
  ])("export-backup refuses %s", async (_, headers) => {
    expect(await callExport(bench, {}, headers)).toMatchObject({ status: 401, body: { code: "HF101" } });
  });

  it("export-backup refuses the publishable key", async () => {
    expect(await callExport(bench, {}, { apikey: bench.stack.publishableKey })).toMatchObject({ status: 401, body: { code: "HF101" } });
  });
});
