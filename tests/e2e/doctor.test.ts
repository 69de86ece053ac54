import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOSTED_LIMITS } from "../../stack/functions/limits.ts";
import { type FunctionsBench, startFunctionsBench } from "../support/e2e_bench.ts";
import { queryRows } from "../support/query_rows.ts";
import { runHoldfast } from "../support/run_holdfast.ts";

interface Printed {
  verdict: string;
  results: { area: string; name: string; verdict: string; seen: string; fix: string | null; blocked_by: string | null }[];
}

describe("holdfast doctor in a whole project", () => {
  let bench: FunctionsBench;
  beforeAll(async () => {
    bench = await startFunctionsBench();
    await queryRows(bench.databaseUrl, "update backup.settings set project_ref = 'clinic' where id");
    // The minute job may be up to a minute away.
    await queryRows(bench.stack.adminUrl ?? "", `
      insert into cron.job_run_details (jobid, runid, database, username, command, status, start_time, end_time)
      select j.jobid, 1000000, j.database, j.username, j.command, 'succeeded', clock_timestamp(), clock_timestamp() from cron.job j where j.jobname = 'holdfast-tick'`);
  });
  afterAll(() => bench.stop());

  const doctor = async (...argv: string[]): Promise<Printed & { code: number }> => {
    const { code, stdout, stderr } = await runHoldfast(["doctor", "--json", ...argv], { ...bench.s3Env, HOLDFAST_DB_URL: bench.databaseUrl, HOLDFAST_SECRET_KEY: bench.stack.secretKey });
    expect(stderr).toBe("");
    for (const secret of [bench.storage.secretAccessKey, bench.stack.secretKey]) expect(stdout).not.toContain(secret);
    return { ...(JSON.parse(stdout) as Printed), code };
  };

  it("holdfast doctor passes, from this machine and from inside of a function, within the limits of the platform", async () => {
    const { code, verdict, results } = await doctor();
    expect(results.filter((one) => one.verdict === "failed" || one.verdict === "inconclusive")).toEqual([]);
    expect([code, verdict]).toEqual([0, "passed"]);
    expect(results.filter(({ area, name }) => area === "functions" && /^inside_(write|read|list|delete|public_access)$/.test(name)).map((one) => one.verdict)).toEqual(Array(5).fill("passed"));
    expect(results.find(({ area }) => area === "network")).toMatchObject({ verdict: "passed", seen: expect.stringContaining("claimed in") });
    const own = bench.stack.invocations().filter(({ slug, status }) => slug === "run-doctor" && status === 200);
    expect(own).toHaveLength(2);
    expect(Math.max(...own.map(({ cpuMs }) => cpuMs))).toBeLessThan(HOSTED_LIMITS.cpuSoftMs);
    expect(Math.max(...own.map(({ peakMb }) => peakMb))).toBeLessThan(HOSTED_LIMITS.memoryMb);
  }, 60_000);

  it("holdfast doctor fails with what the database calls, when that is not where the functions are", async () => {
    await queryRows(bench.databaseUrl, "update backup.settings set functions_url = $1 where id", [`${bench.stack.apiUrl}/functions/v2`]);
    const { code, results } = await doctor("--only", "network", "--functions-url", bench.stack.functionsUrl);
    await queryRows(bench.databaseUrl, "update backup.settings set functions_url = $1 where id", [bench.stack.functionsUrl]);
    expect(code).toBe(10);
    expect(results).toMatchObject([{ area: "network", name: "round_trip", verdict: "failed", seen: "there is no function where the database calls (404)", fix: expect.stringContaining("set functions_url"), blocked_by: null }]);
  }, 60_000);
});
