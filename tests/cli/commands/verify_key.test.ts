import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AgeKey, makeAgeKey } from "../../support/age_keys.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { type Bench, runCommand, startBench } from "../../support/e2e_bench.ts";
import { queryRows } from "../../support/query_rows.ts";
import { runHere } from "../../support/run_here.ts";
import { type HoldfastOutcome, runHoldfast } from "../../support/run_holdfast.ts";

describe("registerVerifyKey()", () => {
  let source: TestDatabase;
  let bench: Bench & { stop(): Promise<void> };
  let keys: [AgeKey, AgeKey];
  const dir = mkdtempSync(join(tmpdir(), "holdfast-keys-"));
  const file = (at: number) => join(dir, `${at}.txt`);
  const holdfast = (env: Record<string, string>, ...argv: string[]): Promise<HoldfastOutcome> => runHoldfast(argv, { ...bench.s3Env, ...env });
  beforeAll(async () => {
    keys = [await makeAgeKey(), await makeAgeKey()];
    keys.forEach((key, at) => writeFileSync(file(at), key.file));
    source = await createTestDatabase({ migrated: true });
    bench = await startBench(source.url);
  }, 60_000);
  afterAll(async () => {
    await bench.stop();
    await source.drop();
    rmSync(dir, { recursive: true, force: true });
  });

  it("registerBackup() refuses a private key among the recipients before anything is started, and does not repeat it", async () => {
    const outcome = await holdfast({ HOLDFAST_DB_URL: source.url, HOLDFAST_AGE_RECIPIENTS: `${keys[0].recipient},${keys[1].identity}` }, "backup");
    expect(outcome).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("HF700") });
    expect(outcome.stderr).toContain("Entry 2");
    expect(outcome.stderr).not.toContain(keys[1].identity.slice(20, 40));
    expect(await queryRows(source.url, "select from backup.runs")).toEqual([]);
  });

  it("registerVerifyKey() proves the newest backup, with and without a ledger, and the check hears of it", async () => {
    const check = () => queryRows(source.url, "select c.verdict::text as verdict, c.subject from backup.check_key_escrow() c order by c.subject = 'recipient ' || $1 desc", [keys[0].recipient]);
    const made = await holdfast({ HOLDFAST_DB_URL: source.url, HOLDFAST_AGE_RECIPIENTS: keys.map(({ recipient }) => recipient).join() }, "backup", "--json");
    expect(made.code, made.stderr).toBe(0);
    const { run_id: runId } = JSON.parse(made.stdout) as { run_id: string };
    expect(await check()).toMatchObject([{ verdict: "inconclusive" }, { verdict: "inconclusive" }]);

    const alone = await holdfast({ HOLDFAST_AGE_IDENTITY_FILE: file(0) }, "verify-key");
    expect(alone, alone.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining(`The identity of ${keys[0].recipient} opens run ${runId}`) });
    expect(alone.stderr).toContain("Not recorded in a ledger: no database is configured.");
    expect(alone.stderr).toContain(`Not proven: ${keys[1].recipient}`);
    expect(await check()).toMatchObject([{ verdict: "inconclusive" }, { verdict: "inconclusive" }]);

    const recorded = await holdfast({ HOLDFAST_DB_URL: source.url }, "verify-key", "--identity", file(0), "--json");
    expect(recorded.code, recorded.stderr).toBe(0);
    expect(JSON.parse(recorded.stdout)).toMatchObject({ run_id: runId, recorded: true, not_recorded_because: null, unproven_recipients: [keys[1].recipient],
      proofs: [{ run_id: runId, recipient: keys[0].recipient, objects: 3 }] });
    expect(await check()).toMatchObject([{ verdict: "passed" }, { verdict: "inconclusive" }]);
    expect((await holdfast({ HOLDFAST_DB_URL: source.url }, "verify-key", "--identity", file(1))).code).toBe(0);
    expect(await check()).toMatchObject([{ verdict: "passed" }, { verdict: "passed" }]);
  }, 90_000);

  it("registerDrill() restores an encrypted backup with its identity, which proves the key as well", async () => {
    const proofs = () => queryRows(source.url, "select k.recipient, k.objects > 3 as everything from backup.key_proofs k order by k.proven_at desc limit 1");
    const outcome = await holdfast({ HOLDFAST_DB_URL: source.url }, "drill", "--identity", file(1), "--json");
    expect(outcome.code, outcome.stderr + outcome.stdout.slice(0, 2000)).toBe(0);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ verdict: "passed", recorded: true });
    expect(await proofs()).toEqual([{ recipient: keys[1].recipient, everything: true }]);
    expect(await queryRows(source.url, "select p.verified from backup.restore_points p")).toEqual([{ verified: true }]);
  }, 180_000);

  it("registerVerifyKey() says which identity it got and what it needed", async () => {
    const other = await makeAgeKey();
    writeFileSync(file(9), other.file);
    expect(await holdfast({}, "verify-key")).toMatchObject({ code: 3, stderr: expect.stringContaining("HF701") });
    const wrong = await holdfast({}, "verify-key", "--identity", file(9));
    expect(wrong).toMatchObject({ code: 3, stderr: expect.stringContaining("HF702") });
    expect(wrong.stderr).toContain(other.recipient);
    expect(wrong.stderr).not.toContain(other.identity.slice(20, 40));
    expect(await holdfast({}, "verify-key", "--identity", keys[0].identity)).toMatchObject({ code: 2, stderr: expect.not.stringContaining(keys[0].identity.slice(20, 40)) });
    expect(await runHoldfast(["verify-key"], {})).toMatchObject({ code: 3, stderr: expect.stringContaining("HF007") });
    for (const command of ["restore", "drill"]) {
      const outcome = await holdfast({ HOLDFAST_TARGET_URL: source.url }, command, "--from", "latest", "--identity", file(9));
      expect(outcome, command).toMatchObject({ code: 3, stderr: expect.stringContaining("HF702") });
    }
  }, 60_000);

  it("registerVerifyKey() has the one object of rows thawed that it reads of an archived run", async () => {
    await queryRows(source.url, "update backup.policies set storage_class = 'DEEP_ARCHIVE' where tier = 'daily'");
    const { runId } = await runCommand(bench, { recipients: [keys[0].recipient] });
    bench.storage.archive.thawMs = 500;
    const here = (...argv: string[]) => runHere(["verify-key", "--from", runId, "--identity", file(0), ...argv], bench.s3Env);
    expect(await runHere(["verify-key", "--from", runId, "--thaw", "--identity", file(1)], bench.s3Env)).toMatchObject({ code: 3, stderr: expect.stringContaining("HF702") });
    expect(await here()).toMatchObject({ code: 3, stderr: expect.stringMatching(/HF603[^]*1 object \(.*Standard within 12 hours, Bulk within 48 hours/) });
    const asked = await here("--thaw", "--no-wait", "--json");
    expect(asked, asked.stderr).toMatchObject({ code: 12 });
    expect(JSON.parse(asked.stdout)).toMatchObject({ run_id: runId, thaw: { objects: 1, pending_objects: 1, usual_seconds: 43_200 } });
    expect(await here("--thaw")).toMatchObject({ code: 0, stdout: expect.stringContaining("3 objects decrypted and compared") });
    await queryRows(source.url, "update backup.policies set storage_class = 'STANDARD' where tier = 'daily'");
  }, 60_000);
});
