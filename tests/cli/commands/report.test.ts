import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { queryRows } from "../../support/query_rows.ts";
import { type HoldfastOutcome, runHoldfast } from "../../support/run_holdfast.ts";

let database: TestDatabase;
const holdfast = (...argv: string[]): Promise<HoldfastOutcome> => runHoldfast(argv, { HOLDFAST_DB_URL: database.url });
beforeAll(async () => {
  database = await createTestDatabase({ migrated: true });
  await queryRows(database.url, `select 1`);
});
afterAll(() => database.drop());

describe("registerReport()", () => {
  it("registerReport() says that there is none with HF006", async () => {
    expect(await holdfast("report")).toMatchObject({ code: 3, stdout: "", stderr: expect.stringContaining("HF006") });
    expect(await holdfast("report", "00000000-0000-4000-8000-000000000000")).toMatchObject({ code: 3, stderr: expect.stringContaining("HF006") });
  });
  it("registerReport() wants a UUID", async () => expect((await holdfast("report", "x")).code).toBe(2));
  it("registerReport() prints what verify found, by default of the newest", async () => {
    const { stdout } = await holdfast("verify");
    expect(await holdfast("report")).toEqual({ code: 0, stdout, stderr: "" });
    const { verification_id, findings, report } = JSON.parse((await holdfast("report", "--json")).stdout);
    expect([findings.length > 0, report]).toEqual([true, stdout]);
    expect((await holdfast("report", verification_id)).stdout).toBe(stdout);
  });
});
