import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../../cli/run_command.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { runHoldfast } from "../support/run_holdfast.ts";

let bare: TestDatabase;
let migrated: TestDatabase;
beforeAll(async () => void ([bare, migrated] = await Promise.all([createTestDatabase(), createTestDatabase({ migrated: true })])));
afterAll(() => Promise.all([bare.drop(), migrated.drop()]));

async function run(argv: string[], env: Record<string, string> = {}): Promise<{ code: number; out: string; err: string }> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await runCommand(argv, { env, stdout, stderr });
  return { code, out: String(stdout.read() ?? ""), err: String(stderr.read() ?? "") };
}

describe("runCommand()", () => {
  it("runCommand() prints help and version to stdout with 0", async () => {
    expect(await run(["--help"])).toMatchObject({ code: 0, out: expect.stringContaining("10 failed, 11 inconclusive"), err: "" });
    expect(await run(["--version"])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: "" });
  });

  it.each([[[]], [["bogus"]], [["status", "--bogus"]], [["status", "surplus"]]])("runCommand() takes %j for wrong usage: 2, and nothing on stdout", async (argv) => {
    const { code, out, err } = await run(argv);
    expect([code, out]).toEqual([2, ""]);
    expect(err).not.toBe("");
  });

  it("runCommand() says wrong usage as one JSON object with --json", async () => {
    const { code, err } = await run(["status", "--bogus", "--json"]);
    expect([code, JSON.parse(err)]).toEqual([2, { code: "HF100", message: "unknown option '--bogus'", details: null, hint: expect.any(String) }]);
    expect(JSON.parse((await run(["--json"])).err)).toMatchObject({ code: "HF100", message: "No command was given" });
  });

  it("runCommand() explains a missing URL, an unreachable database and one without Holdfast, and no password", async () => {
    expect(await run(["status"])).toMatchObject({ code: 2, out: "", err: expect.stringMatching(/^error: .*HF102.*\nhint: /) });
    const unreachable = await run(["status", "--json", "--database-url", "postgres://u:hunter2@127.0.0.1:1/x"]);
    expect([unreachable.code, JSON.parse(unreachable.err)]).toEqual([3, expect.objectContaining({ code: "HF104" })]);
    expect(unreachable.err).not.toContain("hunter2");
    expect(await run(["status", "--database-url", bare.url])).toMatchObject({ code: 3, err: expect.stringMatching(/HF105[^]*supabase db push/) });
  });

  it("runCommand() keeps the exit code of the action", async () => {
    expect((await run(["status", "--check"], { HOLDFAST_DB_URL: migrated.url })).code).toBe(11);
    expect((await run(["status"], { HOLDFAST_DB_URL: bare.url, })).code).toBe(3);
  });

  it("runCommand() is what the executable runs", async () => {
    const env = { HOLDFAST_DB_URL: migrated.url };
    expect(await runHoldfast(["status", "--check", "--json"], env)).toMatchObject({ code: 11, stderr: "", stdout: (await run(["status", "--check", "--json"], env)).out });
    expect(await runHoldfast(["bogus"], env)).toMatchObject({ code: 2, stdout: "" });
  });
});
