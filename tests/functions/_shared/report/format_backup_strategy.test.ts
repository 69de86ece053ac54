import { expect, it } from "vitest";
import { formatBackupStrategy } from "../../../../functions/_shared/report/format_backup_strategy.ts";

it("formatBackupStrategy() lists every policy and objective", () => {
  const text = formatBackupStrategy(
    [{ name: "secondary_weekly", provider: "aws_s3", frequency: "weekly", retention_seconds: 90 * 86_400, storage_class: "STANDARD", enabled: false, description: "Weekly export." },
      { name: "primary", provider: "supabase", frequency: "daily", retention_seconds: 30 * 86_400, storage_class: null, enabled: true, description: "By the platform." }],
    [{ name: "rto", target_seconds: 14_400, measured_seconds: 95, met: true, basis: "one drill" }, { name: "rpo", target_seconds: 3600, measured_seconds: null, met: null, basis: "none" }]);
  expect(text.split("\n")).toEqual(expect.arrayContaining([
    "# Backup strategy",
    "| secondary_weekly | aws_s3 | weekly | 90 d | STANDARD | off | Weekly export. |",
    "| primary | supabase | daily | 30 d |  | on | By the platform. |",
    "| RTO | 4 h | 1 min 35 s | one drill |",
    "| RPO | 1 h | not measured | none |"]));
});
