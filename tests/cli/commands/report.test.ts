import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
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
  it("registerReport() writes a page to a file, hands it to the browser, and says where it is", async () => {
    const dir = mkdtempSync(join(tmpdir(), "holdfast-report-test-"));
    try {
      const file = join(dir, "report.html");
      // The last verification failed or passed, a page is there all the same.
      const opened = join(dir, "opened");
      const browser = join(dir, "browser");
      writeFileSync(browser, `#!/bin/sh\necho "$1" > ${opened}\n`, { mode: 0o755 });
      const outcome = await runHoldfast(["report", "--open", "--output", file, "--json"], { HOLDFAST_DB_URL: database.url, BROWSER: browser });
      expect({ ...outcome, stdout: JSON.parse(outcome.stdout) as unknown }).toEqual({ code: 0, stdout: { file, opened: true }, stderr: "" });
      expect(readFileSync(file, "utf8")).toMatch(/^<!doctype html>/);
      await vi.waitFor(() => expect(readFileSync(opened, "utf8")).toBe(`${file}\n`), { timeout: 20_000 });
      expect(await holdfast("report", "--output", join(dir, "no", "such.html"))).toMatchObject({ code: 3, stderr: expect.stringContaining("HF910") });
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
