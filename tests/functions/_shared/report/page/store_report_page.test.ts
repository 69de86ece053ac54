import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Client } from "pg";
import { connect } from "../../../../../functions/_shared/database/connect.ts";
import { HoldfastError } from "../../../../../functions/_shared/errors/holdfast_error.ts";
import { storeReportPage } from "../../../../../functions/_shared/report/page/store_report_page.ts";
import type { ObjectStorage } from "../../../../../functions/_shared/verify/object_storage.ts";
import { createTestDatabase, type TestDatabase } from "../../../../support/database.ts";
import { reportHistory } from "../../../../support/report_history.ts";

const FIRST = "00000000-0000-4000-8000-000000000001";
const SECOND = "00000000-0000-4000-8000-000000000002";

describe("storeReportPage()", () => {
  let database: TestDatabase;
  let client: Client;
  const stored = new Map<string, { body: Uint8Array; contentType: string }>();
  const reader = { getObject: () => Promise.reject(new Error("not asked")), listObjects: () => { throw new Error("not asked"); } };
  const ready: ObjectStorage = { state: "ready", reader, writer: { putObject: (key, body, { contentType }) => Promise.resolve(stored.set(key, { body, contentType })) } };
  const keyOf = async (id: string) => (await client.query("select page_key from backup.verifications where verification_id = $1", [id])).rows[0]?.page_key as string | null;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true });
    client = await connect(database.url, { applicationName: "test" });
    await client.query("insert into backup.verifications (verification_id, trigger, verdict, started_at, finished_at) values ('00000000-0000-4000-8000-000000000000', 'sql', 'passed', '2025-01-01', '2025-01-01')");
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  it("storeReportPage() stores nothing without a bucket, and before the first run", async () => {
    for (const storage of [{ state: "off" }, { state: "invalid", reason: "x" }, { state: "ready", reader }, ready] as ObjectStorage[]) {
      expect(await storeReportPage(client, storage, "00000000-0000-4000-8000-000000000000")).toBeNull();
    }
    expect(stored.size).toBe(0);
  });

  it("storeReportPage() puts the page beside the runs and notes its key, once", async () => {
    await client.query(reportHistory);
    const key = await storeReportPage(client, ready, FIRST);
    expect(key).toBe(`p/clinic/reports/20260104T020005Z-${FIRST}.html`);
    expect(await keyOf(FIRST)).toBe(key);
    const page = stored.get(key ?? "");
    expect([page?.contentType, new TextDecoder().decode(page?.body).slice(0, 15)]).toEqual(["text/html; charset=utf-8", "<!doctype html>"]);
    stored.clear();
    expect(await storeReportPage(client, ready, FIRST)).toBe(key);
    expect(stored.size).toBe(0);
  });

  it("storeReportPage() leaves a verification as it is when the bucket refuses the page", async () => {
    const refusing: ObjectStorage = { state: "ready", reader, writer: { putObject: () => Promise.reject(new HoldfastError("HF202", "refused")) } };
    expect(await storeReportPage(client, refusing, SECOND)).toBeNull();
    expect(await keyOf(SECOND)).toBeNull();
    const broken: ObjectStorage = { state: "ready", reader, writer: { putObject: () => Promise.reject(new TypeError("a bug")) } };
    await expect(storeReportPage(client, broken, SECOND)).rejects.toThrow("a bug");
  });
});
