import { describe, expect, it } from "vitest";
import type { Queryable } from "../../../../functions/_shared/database/queryable.ts";
import { insideReport, lookFromInside } from "../../../../functions/_shared/doctor/look_from_inside.ts";
import { makeAgeKey } from "../../../support/age_keys.ts";

const ledger = (enabled: boolean): Queryable => ({ query: () => Promise.resolve({ rows: [{ project: "clinic", objectLock: null, deletes: false, enabled, classes: [] }] }) });
const URL = "postgresql://postgres:hunter2@db:5432/postgres";

describe("lookFromInside()", () => {
  it("lookFromInside() reports what a caller can parse, and public keys only", async () => {
    const { recipient, identity } = await makeAgeKey();
    const report = await lookFromInside({ env: { HOLDFAST_AGE_RECIPIENTS: recipient, HOLDFAST_DRILL_AGE_IDENTITY: identity, SECRET: "hunter3" }, database: ledger(false), databaseUrl: URL });
    expect(insideReport.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
    expect(report.bucket).toBeNull();
    expect(report.findings.find(({ name }) => name === "recipients")).toMatchObject({ verdict: "passed", seen: `encrypts to ${recipient}` });
    expect(report.findings.find(({ name }) => name === "drill_identity")).toMatchObject({ verdict: "passed", seen: `drills by functions open backups of ${recipient}` });
    expect(report.findings.find(({ name }) => name === "database")).toMatchObject({ verdict: "passed", seen: "the functions work on database postgres at db:5432" });
    for (const secret of ["hunter", identity.slice(16)]) expect(JSON.stringify(report)).not.toContain(secret);
  });

  it("lookFromInside() reads channels and heartbeats as the function that delivers does, and repeats no value", async () => {
    const look = async (env: Record<string, string>) => {
      const { findings } = await lookFromInside({ env, database: ledger(false), databaseUrl: URL });
      expect(JSON.stringify(findings)).not.toContain("hunter");
      return findings.find(({ name }) => name === "alert_delivery");
    };
    expect(await look({ HOLDFAST_ALERT_UNKNOWN: "hunter4" })).toMatchObject({ verdict: "skipped", seen: expect.stringContaining("call nobody"), fix: null });
    expect(await look({ HOLDFAST_ALERT_SLACK_URL: "https://a.example/hunter4", HOLDFAST_HEARTBEAT_EXPORT_URL: "https://a.example/hunter4" })).toMatchObject({ verdict: "passed", seen: "set up for the functions: slack, heartbeat_export" });
    expect(await look({ HOLDFAST_HEARTBEAT_VERIFY_URL: "https://a.example/hunter4" })).toMatchObject({ verdict: "passed", seen: expect.stringMatching(/: heartbeat_verify; without a channel for them, alerts .* call nobody$/) });
    expect(await look({ HOLDFAST_ALERT_SLACK_URL: "https://a.example/hunter4", HOLDFAST_HEARTBEAT_EXPORT_URL: "ftp://hunter4" }))
      .toMatchObject({ verdict: "failed", seen: expect.stringMatching(/^heartbeat_export: HOLDFAST_HEARTBEAT_EXPORT_URL must be an https URL/), fix: expect.stringContaining("supabase secrets set HOLDFAST_HEARTBEAT_EXPORT_URL=…") });
  });

  it("lookFromInside() fails on the transaction pooler and on missing secrets, and is in doubt without the ledger", async () => {
    const verdicts = async (database: Queryable, databaseUrl: string) => Object.fromEntries((await lookFromInside({ env: {}, database, databaseUrl })).findings.map(({ name, verdict }) => [name, verdict]));
    expect(await verdicts(ledger(true), URL.replace("5432", "6543"))).toMatchObject({ database: "failed", settings: "failed", write: "inconclusive" });
    const broken: Queryable = { query: () => Promise.reject(Object.assign(new Error("no"), { code: "42P01" })) };
    expect(await verdicts(broken, URL)).toMatchObject({ database: "passed", settings: "inconclusive" });
  });
});
