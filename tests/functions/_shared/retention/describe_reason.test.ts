import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeReason } from "../../../../functions/_shared/retention/describe_reason.ts";
import { REPO_ROOT } from "../../../../stack/repo_root.ts";

it("describeReason() has words for every reason that retention_plan() gives", () => {
  const sql = readFileSync(join(REPO_ROOT, "sql", "functions", "retention_plan.sql"), "utf8");
  const reasons = [...sql.matchAll(/array\['([a-z_]+)'\]/g)].map(([, reason = ""]) => reason)
    .concat(["daily", "weekly", "monthly"].map((tier) => `tier_${tier}`), ["day", "week", "month"].map((period) => `first_of_${period}`));
  expect(reasons.length).toBeGreaterThan(12);
  for (const reason of reasons) expect(describeReason(reason), reason).not.toBe(reason);
  expect(describeReason("new_reason")).toBe("new_reason");
});
