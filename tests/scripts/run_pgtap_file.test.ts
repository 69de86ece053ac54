import { describe, expect, it } from "vitest";
import { runPgtapFile, runSqlOn } from "../../scripts/run_pgtap_file.ts";

describe("runPgtapFile()", () => {
  it("judges the rows that the statements return, one line of TAP or several to a row", async () => {
    const result = await runPgtapFile("select plan(2);", async (_text, onLine) => {
      onLine("1..2");
      onLine("ok 1 - one");
      onLine("not ok 2 - two\n# Failed test 2");
    });
    expect(result).toMatchObject({ passed: 1, failed: 1, failures: ["2 - two"] });
  });

  it("keeps what ran before a SQL error and fails the rest", async () => {
    const result = await runPgtapFile("select plan(3);", async (_text, onLine) => {
      onLine("1..3");
      onLine("ok 1 - one");
      throw Object.assign(new Error("relation \"gone\" does not exist"), { code: "42P01" });
    });
    expect(result).toMatchObject({
      passed: 1, failed: 2, problems: ["SQL error 42P01 relation \"gone\" does not exist", "planned 3 but ran 1"],
    });
  });

  it("refuses psql commands instead of running a part of the file", async () => {
    const result = await runPgtapFile("\\ir setup.psql\nselect plan(1);", () => Promise.reject(new Error("must not run")));
    expect(result.problems[0]).toBe("uses the psql command \\ir, which only pg_prove understands");
    expect(result.failed).toBe(1);
  });
});

describe("runSqlOn()", () => {
  it("rejects when the database cannot be reached", async () => {
    await expect(runSqlOn("postgres://postgres@127.0.0.1:1/none")("select 1", () => {})).rejects.toThrow(/ECONNREFUSED/);
  });
});
