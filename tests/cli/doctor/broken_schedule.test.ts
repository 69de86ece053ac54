import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DoctorSession } from "../../../cli/doctor/doctor_session.ts";
import { functionsUrl } from "../../../cli/doctor/schedule/functions_url.ts";
import { projectRef } from "../../../cli/doctor/schedule/project_ref.ts";
import { tick } from "../../../cli/doctor/schedule/tick.ts";
import { connect } from "../../../functions/_shared/database/connect.ts";
import { makeAgeKey } from "../../support/age_keys.ts";
import { createDoctorWorld, type DoctorWorld, theFailure, troubles } from "../../support/doctor_world.ts";

let world: DoctorWorld;
const dir = mkdtempSync(join(tmpdir(), "holdfast-doctor-keys-"));
beforeAll(async () => void (world = await createDoctorWorld()));
afterAll(async () => {
  await world.stop();
  rmSync(dir, { recursive: true, force: true });
});

const jobId = (name: string) => `(select j.jobid from cron.job j where j.jobname = '${name}')`;
const setTick = (age: string, status = "succeeded") => `update cron.job_run_details set start_time = clock_timestamp() - interval '${age}', status = '${status}'`;
const setUrl = (value: string) => `update backup.settings set functions_url = ${value} where id`;

describe("runDoctor() on schedules", () => {
  it.each([
    ["a project that is still called local", "update backup.settings set project_ref = 'local' where id", "update backup.settings set project_ref = 'clinic' where id",
      "schedule/project_ref", "still 'local'", "update backup.settings set project_ref = '<ref>' where id;"],
    ["policies that are off", "update backup.policies set enabled = false where provider = 'aws_s3'", "select backup.enable()",
      "schedule/policy", "no S3 policy is on", "select * from backup.enable();"],
    ["a job that is missing", "select cron.unschedule('holdfast-verify')", "select backup.install_schedules()",
      "schedule/jobs", "not scheduled: holdfast-verify", "select * from backup.install_schedules();"],
    ["a job with another schedule", "select cron.schedule('holdfast-prune', '1 1 1 1 *', 'select backup.run_job(''prune'')')", "select backup.install_schedules()",
      "schedule/jobs", "holdfast-prune runs at 1 1 1 1 * instead of 17 3 * * *", "select * from backup.install_schedules();"],
    ["a job that is switched off", `select cron.alter_job(${jobId("holdfast-export")}, active := false)`, `select cron.alter_job(${jobId("holdfast-export")}, active := true)`,
      "schedule/jobs", "switched off: holdfast-export", "select cron.alter_job(jobid, active := true) from cron.job where jobname in ('holdfast-export');"],
    ["a clock that stands still", setTick("5 minutes"), setTick("5 seconds"), "schedule/tick", "last 5 min ago", "Restart project"],
    ["a tick that fails", setTick("5 seconds", "failed"), setTick("5 seconds"), "schedule/tick", "and failed", "return_message from cron.job_run_details"],
    ["a job that fails", "insert into backup.job_runs (job_name, status, finished_at, error_code, error) values ('verify', 'failed', now(), 'HF105', 'x')", "delete from backup.job_runs",
      "schedule/job_runs", "verify (HF105)", "select backup.run_job('verify');"],
    ["a critical alert", "select backup.raise_alert('export_failed', 'critical', 'export x failed'); select backup.raise_alert('size_jump', 'warning', 'grew')", "select backup.resolve_alert('export_failed')",
      "alerts/open", "export_failed: export x failed", "holdfast status"],
  ])("runDoctor() names %s, and nothing else", async (_, broken, repaired, name, seen, fix) => {
    await world.admin(`set role postgres; ${broken}`.replace("set role postgres; update cron", "update cron"));
    const report = await world.doctor({ area: name === "alerts/open" ? "alerts" : "schedule" });
    await world.admin(`set role postgres; ${repaired}`.replace("set role postgres; update cron", "update cron"));
    expect(theFailure(report)).toMatchObject({ name, seen: expect.stringContaining(seen), fix: expect.stringContaining(fix) });
    expect(troubles(report)).toEqual([`failed ${name}`]);
  });

  it("runDoctor() names warnings and passes", async () => {
    const report = await world.doctor({ area: "alerts" });
    expect(report.results).toMatchObject([{ name: "alerts/open", verdict: "passed", seen: "no critical one; warnings: size_jump: grew" }]);
    await world.sql("select backup.resolve_alert('size_jump')");
  });

  it("runDoctor() asks for the address of the functions, and takes that of Vault", async () => {
    await world.sql(setUrl("null"));
    const report = await world.doctor({ area: "schedule" });
    expect(theFailure(report)).toMatchObject({ name: "schedule/functions_url", fix: "update backup.settings set functions_url = 'https://<ref>.supabase.co/functions/v1' where id;" });
    await world.sql("select vault.create_secret($1, 'project_url')", [world.functionsUrl.replace("/functions/v1", "")]);
    const vault = await world.doctor({ area: "schedule" });
    expect(vault.results.find(({ name }) => name === "schedule/functions_url")).toMatchObject({ verdict: "passed", seen: `${world.functionsUrl}, from Vault secret project_url` });
    const secret = "select vault.update_secret(s.id, $1) from vault.secrets s where s.name = 'project_url'";
    await world.sql(secret, ["nowhere"]);
    expect(theFailure(await world.doctor({ area: "schedule" }))).toMatchObject({ name: "schedule/functions_url", seen: "the URL of the functions is not an http or https URL" });
    await world.sql(secret, [world.functionsUrl.replace("/functions/v1", "")]);
    await world.sql(setUrl("$1"), [world.functionsUrl]);
  });

  it("runDoctor() does not blame a clock that has had no time to tick", async () => {
    const [kept] = await world.admin("delete from cron.job_run_details returning *");
    expect(troubles(await world.doctor({ area: "schedule" }))).toEqual(["inconclusive schedule/tick"]);
    await world.sql("update backup.policies set scheduled_since = now() - interval '1 hour' where enabled");
    expect(theFailure(await world.doctor({ area: "schedule" }))).toMatchObject({ name: "schedule/tick", seen: "pg_cron has never run the minute job" });
    await world.admin(`insert into cron.job_run_details (jobid, status, start_time, username) values (${String(kept?.["jobid"])}, 'succeeded', clock_timestamp(), 'postgres')`);
    expect(troubles(await world.doctor({ area: "schedule" }))).toEqual([]);
  });

  it("tick.look() takes a tick in the ledger where pg_cron's history is closed", async () => {
    // A quiet tick leaves no row in job_runs, and each leaves its time here.
    await world.sql("delete from backup.job_states where job_name = 'tick'; insert into backup.job_states (job_name, succeeded, last_success_at, last_seconds) values ('tick', 1, now() - interval '10 seconds', 0.1)");
    const session = new DoctorSession({ env: {}, databaseUrl: () => world.database.url });
    session.database = await connect(world.database.url, { applicationName: "holdfast test" });
    session.askCron = () => Promise.reject(Object.assign(new Error("permission denied for table job_run_details"), { code: "42501" }));
    expect(await tick.look(session, [])).toMatchObject({ verdict: "passed", seen: "the minute job ran 10 s ago" });
    await world.sql("update backup.job_states set failed = 1, last_failure_at = now() - interval '5 seconds' where job_name = 'tick'");
    expect(await tick.look(session, [])).toMatchObject({ verdict: "failed", seen: "the minute job ran 5 s ago and failed" });
    // A history that is switched off says nothing about the clock.
    const { askOne } = session;
    session.askCron = (row) => Promise.resolve([row.parse({ seconds: 90_000, failed: false, young: false })]);
    expect(await tick.look(session, [])).toMatchObject({ verdict: "failed", seen: expect.stringContaining("last 1 d") });
    session.askOne = async (row, sql, ...more) => row.parse(sql.includes("cron.log_run") ? { logs: false } : await askOne.call(session, row, sql, ...more));
    expect(await tick.look(session, [])).toMatchObject({ seen: "the minute job ran 5 s ago and failed" });
    await session.close();
    await world.sql("delete from backup.job_states where job_name = 'tick'");
  });

  it("projectRef.look() and functionsUrl.look() know a clone by the address of its database", async () => {
    const session = new DoctorSession({ env: {}, databaseUrl: () => "postgresql://postgres.abcdefghijklmnopqrst:x@aws-0-eu.pooler.supabase.com/postgres" });
    session.database = await connect(world.database.url, { applicationName: "holdfast test" });
    await session.database.query("begin; update backup.settings set project_ref = 'zyxwvutsrqponmlkjihg', functions_url = 'https://zyxwvutsrqponmlkjihg.supabase.co/functions/v1' where id");
    expect(await projectRef.look(session, [])).toMatchObject({ verdict: "failed", seen: expect.stringContaining("this is the database of project abcdefghijklmnopqrst"), fix: "update backup.settings set project_ref = 'abcdefghijklmnopqrst' where id;" });
    expect(await functionsUrl.look(session, [])).toMatchObject({ verdict: "failed", fix: "update backup.settings set functions_url = 'https://abcdefghijklmnopqrst.supabase.co/functions/v1' where id;" });
    await session.close();
  });
});

describe("runDoctor() on encryption", () => {
  it("runDoctor() refuses a private key among the recipients of this machine, and does not repeat it", async () => {
    const { identity } = await makeAgeKey();
    const report = await world.doctor({ area: "encryption", machine: { HOLDFAST_AGE_RECIPIENTS: identity } });
    expect(theFailure(report)).toMatchObject({ name: "encryption/recipients", seen: expect.stringContaining("Entry 1"), fix: expect.stringContaining("export HOLDFAST_AGE_RECIPIENTS=age1") });
    expect(JSON.stringify(report)).not.toContain(identity.slice(16));
  });

  it("runDoctor() compares an identity with the newest backup, and asks for the proof of its key", async () => {
    const [ours, other] = [await makeAgeKey(), await makeAgeKey()];
    const files = [ours, other].map((key, at) => {
      writeFileSync(join(dir, `${at}.txt`), key.file);
      return join(dir, `${at}.txt`);
    });
    const look = (...identities: string[]) => world.doctor({ area: "encryption", identities });
    const verdictOf = async (...identities: string[]) => (await look(...identities)).results.find(({ name }) => name === "encryption/identity");
    expect(await verdictOf(files[0] ?? "")).toMatchObject({ verdict: "skipped", seen: "there is no backup yet" });
    await world.sql(`insert into backup.runs (run_id, state, tier, trigger, engine, object_prefix, snapshot_at, finished_at, manifest_key, manifest_sha256, age_recipients)
      values ('20260101T000000Z-aaaaaa', 'complete', 'weekly', 'sql', 'cli', 'p/', now(), now(), 'p/manifest.json', 'x', array[$1])`, [ours.recipient]);
    const unproven = await look(files[0] ?? "");
    expect(troubles(unproven)).toEqual(["inconclusive encryption/key_proof"]);
    expect(unproven.results.at(-1)).toMatchObject({ seen: expect.stringContaining("never proven"), fix: "holdfast verify-key --identity <file>" });
    await world.sql("insert into backup.key_proofs (recipient, run_id, manifest_sha256, objects, bytes) values ($1, '20260101T000000Z-aaaaaa', 'x', 1, 1)", [ours.recipient]);
    expect(troubles(await look(files[0] ?? ""))).toEqual([]);
    expect(theFailure(await look(files[1] ?? ""))).toMatchObject({ name: "encryption/identity", seen: expect.stringContaining(other.recipient), fix: `holdfast doctor --identity <file of ${ours.recipient}>` });
    expect(theFailure(await look(join(dir, "gone.txt")))).toMatchObject({ name: "encryption/identity", seen: expect.stringContaining("does not exist (HF703)") });
    await world.sql("update backup.key_proofs set proven_at = now() - interval '1 year'");
    expect(theFailure(await look())).toMatchObject({ name: "encryption/key_proof", fix: "holdfast verify-key --identity <file>" });
  });
});
