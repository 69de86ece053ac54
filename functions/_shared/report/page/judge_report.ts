import type { ReportData } from "./read_report.ts";

/** good: nothing to do. warn: look at it soon. bad: act now. none: there is nothing to judge yet. */
export type Level = "good" | "warn" | "bad" | "none";

export interface Judgement {
  level: Level;
  /** A few words: the answer. */
  title: string;
  /** One sentence: the reason. */
  reason: string;
}

/** The verdict of a page: the worst thing that is known comes first, and what was never proven is never called good. */
export function judgeReport(data: ReportData): Judgement {
  const { verification, newest, alerts } = data;
  const last = data.runs.findLast((run) => run.state === "failed" || run.state === "complete");
  const critical = alerts.find((alert) => alert.severity === "critical");
  if (newest === null) {
    return last?.state === "failed"
      ? { level: "bad", title: "No backup", reason: `The newest export failed: ${last.failure_message ?? "for no known reason"}.` }
      : { level: "none", title: "No backup yet", reason: "No export has completed, so there is nothing to restore from." };
  }
  if (last?.state === "failed") return { level: "bad", title: "Failing", reason: `The newest export failed: ${last.failure_message ?? "for no known reason"}.` };
  if (verification?.verdict === "failed") return { level: "bad", title: "Failing", reason: "The newest verification found something that is not as it should be." };
  if (critical !== undefined) return { level: "bad", title: "Failing", reason: `${critical.message}.` };
  if (data.health === "stale") return { level: "bad", title: "Stale", reason: "The newest restore point is older than the schedule allows." };
  const first = alerts[0];
  if (first !== undefined) return { level: "warn", title: "Needs attention", reason: `${first.message}.` };
  if (verification === null) return { level: "warn", title: "Not verified", reason: "There is a restore point, and no verification has looked at it yet." };
  if (verification.verdict !== "passed") return { level: "warn", title: "Not fully checked", reason: "The newest verification could not look at everything." };
  if (!newest.verified) return { level: "warn", title: "Not proven yet", reason: "Checks pass, and the newest restore point has not been restored by a drill yet." };
  const missed = data.objectives.find((objective) => objective.met === false);
  if (missed !== undefined) return { level: "warn", title: "Objective missed", reason: `Checks pass and the newest restore point is proven, but the ${missed.name.toUpperCase()} is over its target.` };
  return { level: "good", title: "Healthy", reason: "The newest restore point was restored by a drill and found equal, all checks pass and the objectives are met." };
}
