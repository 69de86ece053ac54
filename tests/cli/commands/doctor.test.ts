import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../../../cli/run_command.ts";
import { createDoctorWorld, type DoctorWorld, MARK } from "../../support/doctor_world.ts";

let world: DoctorWorld;
beforeAll(async () => void (world = await createDoctorWorld()));
afterAll(() => world.stop());

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** In this process: tests/e2e/doctor.test.ts starts it as a user does. */
async function run(argv: readonly string[], env: Record<string, string>): Promise<Outcome> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await runCommand(["doctor", ...argv], { env, stdout, stderr });
  return { code, stdout: String(stdout.read() ?? ""), stderr: String(stderr.read() ?? "") };
}
const doctor = (argv: string[], env: Record<string, string> = {}) => run(argv, { ...world.env, HOLDFAST_DB_URL: world.database.url, ...env });

describe("registerDoctor()", () => {
  it("registerDoctor() ends with 0 when everything passes, and prints areas, without colours into a pipe", async () => {
    const { code, stdout, stderr } = await doctor([]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^database\n  passed        connection/);
    expect(stdout).toMatch(/\npassed: 0 failed, 0 inconclusive, \d+ skipped, \d+ passed\n$/);
    expect(stdout + stderr).not.toMatch(new RegExp(`${MARK}|\\u001b`));
  });

  it("registerDoctor() ends with 10 on a failure, its fix below it", async () => {
    const { code, stdout, stderr } = await doctor(["--only", "bucket"], { HOLDFAST_S3_SECRET_ACCESS_KEY: `${MARK}-wrong` });
    expect(code).toBe(10);
    expect(stdout).toMatch(/ {2}failed        access +.*SignatureDoesNotMatch\)\n +fix: export HOLDFAST_S3_SECRET_ACCESS_KEY=…/);
    expect(stdout).toMatch(/not looked at write, read, .*: bucket\/access did not pass\n/);
    expect(stdout + stderr).not.toContain(MARK);
  });

  it("registerDoctor() ends with 11 on a doubt, and prints documented JSON", async () => {
    const { code, stdout } = await doctor(["--json", "--only", "bucket"], { HOLDFAST_DB_URL: `postgresql://postgres:${MARK}@127.0.0.1:1/postgres` });
    expect(code).toBe(11);
    const { verdict, results } = JSON.parse(stdout) as { verdict: string; results: unknown[] };
    expect(verdict).toBe("inconclusive");
    expect(results).toContainEqual({ area: "bucket", name: "object_lock", verdict: "inconclusive", seen: expect.any(String), fix: null, blocked_by: null });
    expect(stdout).not.toContain(MARK);
  });

  it("registerDoctor() shows on a terminal what it looks at", async () => {
    const stderr = Object.assign(new PassThrough(), { isTTY: true });
    await runCommand(["doctor", "--only", "alerts"], { env: { HOLDFAST_DB_URL: world.database.url }, stdout: new PassThrough(), stderr });
    expect(String(stderr.read())).toContain("Examining");
  });

  it("registerDoctor() needs no environment to say what is missing, and knows its areas", async () => {
    const bare = await run([], {});
    expect(bare).toMatchObject({ code: 10, stdout: expect.stringContaining("The database URL is not set (HF102)") });
    expect((await doctor(["--only", "kitchen"])).code).toBe(2);
  });
});
