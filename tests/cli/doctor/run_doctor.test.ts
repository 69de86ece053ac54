import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AREAS, DOCTOR_CHECKS } from "../../../cli/doctor/registry.ts";
import { makeAgeKey } from "../../support/age_keys.ts";
import { createDoctorWorld, type DoctorWorld, KEY, MARK, troubles } from "../../support/doctor_world.ts";

let world: DoctorWorld;
beforeAll(async () => void (world = await createDoctorWorld()));
afterAll(() => world.stop());

/** What may differ after an examination: tickets, and nothing else. */
const ledger = () => world.sql(`
  select (select jsonb_agg(to_jsonb(s)) from backup.settings s) as settings, (select jsonb_agg(to_jsonb(p) order by p.name) from backup.policies p) as policies,
         (select count(*)::integer from backup.runs) as runs, (select count(*)::integer from backup.job_runs) as job_runs, (select count(*)::integer from backup.alerts) as alerts,
         (select jsonb_agg(to_jsonb(j) order by j.jobid) from cron.job j) as jobs`);

describe("runDoctor()", () => {
  it("runDoctor() finds nothing in a good set-up, has looked at all of it, and has changed nothing but tickets", async () => {
    const before = await ledger();
    const report = await world.doctor();
    expect(troubles(report)).toEqual([]);
    expect(report.verdict).toBe("passed");
    const names = report.results.map(({ name }) => name);
    expect(DOCTOR_CHECKS.map(({ name }) => name).filter((name) => name !== "functions/inside" && !names.includes(name))).toEqual([]);
    expect(names.filter((name) => name.startsWith("functions/inside_"))).toHaveLength(16);
    expect(new Set(names).size).toBe(names.length);
    for (const area of AREAS) expect(names.some((name) => name.startsWith(`${area}/`)), area).toBe(true);
    expect(await ledger()).toEqual(before);
    expect(await world.sql("select function_name, body->>'action' as action, claimed_at is not null as claimed from backup.tickets order by issued_at")).toEqual([
      { function_name: "run-doctor", action: "look", claimed: true }, { function_name: "run-doctor", action: "ping", claimed: true }]);
  });

  it("runDoctor() names every broken part under its own name when many are broken at once, and prints no secret", async () => {
    const { identity } = await makeAgeKey();
    await world.sql(`
      update backup.settings set project_ref = 'local', object_lock = 'COMPLIANCE' where id;
      select cron.unschedule('holdfast-prune');
      insert into backup.job_runs (job_name, status, finished_at, error_code, error) values ('export', 'failed', now(), 'HF202', '${MARK}');
      select backup.raise_alert('drill_failed', 'critical', 'a drill failed')`);
    world.functionEnv = { HOLDFAST_S3_SECRET_ACCESS_KEY: `${MARK}-old`, HOLDFAST_DRILL_AGE_IDENTITY: `${MARK} ${identity}` };
    world.answers.set("apply-retention", () => Promise.resolve(Response.json({ code: "NOT_FOUND", message: KEY }, { status: 404 })));
    const report = await world.doctor({ machine: { ...world.env, HOLDFAST_SECRET_KEY: `${KEY}-revoked`, HOLDFAST_AGE_RECIPIENTS: identity } });
    expect(troubles(report)).toEqual([
      "failed schedule/project_ref", "failed schedule/jobs", "failed schedule/job_runs", "failed bucket/object_lock", "failed functions/apply-retention", "failed functions/secret_key",
      "failed functions/inside_access", "failed functions/inside_drill_identity", "failed encryption/recipients", "failed alerts/open"]);
    expect(report.verdict).toBe("failed");
    expect(report.results.filter(({ verdict, fix }) => verdict === "failed" && fix === null)).toEqual([]);
    const text = JSON.stringify(report);
    for (const secret of [MARK, identity.slice(16)]) expect(text).not.toContain(secret);
  });

  it("runDoctor() of one area says what that area needs, where it did not pass", async () => {
    const report = await world.doctor({ area: "alerts", url: "postgresql://x@127.0.0.1:1/x" });
    expect(report.results.map(({ name, verdict, blockedBy }) => [name, verdict, blockedBy])).toEqual([
      ["database/connection", "failed", null], ["alerts/open", "inconclusive", "database/connection"]]);
  });
});
