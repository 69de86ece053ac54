import { describe, expect, it } from "vitest";
import { ALERT_GUIDE } from "../../functions/_shared/alerts/alert_guide.ts";
import { checkAlertCauses, raisedCauses } from "./rules/check_alert_causes.ts";
import { repositoryFiles } from "./rules/repository_files.ts";

const SQL = { path: "sql/functions/a.sql", text: "perform backup.raise_alert('a', 'warning', 'm');\n    perform backup.raise_alert(\n      'b', 'warning', 'm');" };
const JUDGED = { path: "sql/functions/alert_causes.sql", text: "  select 'c', m.at is not null, 'critical',\n  union all\n  select o.name || '_late', true\n" };
const OBJECTIVES = { path: "sql/tables/objectives.sql", text: "insert into backup.objectives values\n  ('rto', 'x'),\n  ('rpo', 'y');" };
const page = (...causes: string[]) => ({ path: "docs/alerts.md", text: causes.map((cause) => `### \`${cause}\`\n\nWarning. Something. **Do:** something.\n`).join("\n") });
const ALL = ["a", "b", "c", "rto_late", "rpo_late"];

describe("raisedCauses()", () => {
  it("raisedCauses() finds causes that are raised, judged, and made of objectives", () => {
    expect([...raisedCauses([SQL, JUDGED, OBJECTIVES]).causes]).toEqual(ALL);
    expect(raisedCauses(repositoryFiles()).causes).toEqual(new Set(Object.keys(ALERT_GUIDE)));
  });

  it("raisedCauses() notices a cause that cannot be read", () => {
    expect(raisedCauses([{ path: "sql/functions/x.sql", text: "perform backup.raise_alert(v_cause, 'warning', 'm')" }]).unreadable).toEqual(["sql/functions/x.sql: raises an alert whose cause is not written there"]);
  });
});

describe("checkAlertCauses()", () => {
  it("checkAlertCauses() finds nothing in this repository", () => {
    expect(checkAlertCauses(repositoryFiles(), Object.keys(ALERT_GUIDE))).toEqual([]);
  });

  it("checkAlertCauses() notices a cause that is not explained, and one that is never raised", () => {
    const files = [SQL, JUDGED, OBJECTIVES];
    expect(checkAlertCauses([...files, page(...ALL)], ALL)).toEqual([]);
    expect(checkAlertCauses([...files, page("a", "b", "c", "rto_late", "old")], ["a", "b", "rto_late", "rpo_late", "older"])).toEqual([
      "ALERT_GUIDE: does not explain c", "docs/alerts.md: does not explain rpo_late",
      "ALERT_GUIDE: explains older, which nothing raises", "docs/alerts.md: explains old, which nothing raises",
    ]);
  });

  it("checkAlertCauses() takes a heading alone for no explanation", () => {
    expect(checkAlertCauses([SQL, { path: "docs/alerts.md", text: "### `a`\n\n### `b`\n\nWarning. It is so.\n" }], ["a", "b"])).toEqual(["docs/alerts.md: does not explain a", "docs/alerts.md: does not explain b"]);
  });
});
