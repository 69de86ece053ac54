import { formatDuration, formatTable } from "./format_quantity.ts";
import type { BackupStrategy } from "./read_backup_strategy.ts";

/** The backup strategy as Markdown: which backups exist, how long they are kept, and the objectives beside measurements. */
export function formatBackupStrategy(policies: BackupStrategy["policies"], objectives: BackupStrategy["objectives"]): string {
  const policyRows = policies.map((policy) => [
    policy.name,
    policy.provider,
    policy.frequency,
    formatDuration(policy.retention_seconds),
    policy.storage_class ?? "",
    policy.enabled ? "on" : "off",
    policy.description,
  ]);
  const objectiveRows = objectives.map((objective) => [
    objective.name.toUpperCase(),
    formatDuration(objective.target_seconds),
    objective.measured_seconds === null ? "not measured" : formatDuration(Math.max(0, objective.measured_seconds)),
    objective.basis,
  ]);
  return [
    "# Backup strategy",
    formatTable(["Backup", "Made by", "Frequency", "Kept", "Storage class", "State", "What it is"], policyRows),
    "## Recovery objectives",
    formatTable(["Objective", "Target", "Measured", "Basis"], objectiveRows),
  ]
    .join("\n\n")
    .concat("\n");
}
