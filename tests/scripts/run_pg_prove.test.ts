import { describe, expect, it } from "vitest";
import { splitProveOutput } from "../../scripts/run_pg_prove.ts";

const OUTPUT = `tests/sql/a.test.sql .. 
1..2
ok 1 - one
ok 2 - two
ok
tests/sql/longer_name.test.sql ..... 
1..3
ok 1 - one
not ok 2 - two
# Failed test 2: "two"
Dubious, test returned 3 (wstat 768, 0x300)
Failed 2/3 subtests 

Test Summary Report
-------------------
tests/sql/longer_name.test.sql (Wstat: 768 Tests: 2 Failed: 1)
  Failed test:  2
Files=2, Tests=4,  0 wallclock secs
Result: FAIL
`;

describe("splitProveOutput()", () => {
  it("gives each file its own assertions and no more", () => {
    const [first, second] = splitProveOutput(OUTPUT, "");
    expect(first).toEqual({ path: "tests/sql/a.test.sql", result: { passed: 2, failed: 0, failures: [], problems: [] } });
    expect(second?.result).toEqual({ passed: 1, failed: 2, failures: ["2 - two"], problems: ["planned 3 but ran 2"] });
  });

  it("gives a SQL error to the file that psql names", () => {
    const errors = "psql:tests/sql/longer_name.test.sql:9: ERROR:  relation \"gone\" does not exist\nLINE 1: select";
    const [first, second] = splitProveOutput(OUTPUT, errors);
    expect(first?.result.failed).toBe(0);
    expect(second?.result.problems[0]).toBe("SQL error relation \"gone\" does not exist (line 9)");
  });
});
