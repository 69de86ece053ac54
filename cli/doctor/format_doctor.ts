import type { DoctorResult } from "../../functions/_shared/doctor/doctor_finding.ts";
import type { Verdict } from "../../functions/_shared/verify/verdict.ts";
import type { Palette } from "../palette.ts";
import type { DoctorReport } from "./run_doctor.ts";

const ORDER: readonly Verdict[] = ["failed", "inconclusive", "skipped", "passed"];

/** The report for people: by area, the fix below what it repairs, and what could not be looked at in one line per reason. */
export function formatDoctor({ verdict, results }: DoctorReport, palette: Palette): string {
  const areaOf = ({ name }: DoctorResult): string => name.split("/")[0] ?? "";
  const areas = [...new Set(results.map(areaOf))];
  const width = Math.max(...results.map(({ name }) => nameOf(name).length));
  const parts = areas.map((area) => [palette.bold(area), ...formatArea(results.filter((one) => areaOf(one) === area), width, palette)].join("\n"));
  const counts = ORDER.map((wanted) => `${results.filter((one) => one.verdict === wanted).length} ${wanted}`).join(", ");
  return [...parts, `${paintOf(verdict, palette)(verdict)}: ${counts}`].join("\n\n");
}

/** What a server says may hold anything, sequences that steer a terminal included. */
const oneLine = (text: string): string => text.replaceAll(/\p{Cc}+/gu, " ");

const nameOf = (name: string): string => name.split("/").slice(1).join("/");

function paintOf(verdict: Verdict, { good, bad, unsure, dim }: Palette): (text: string) => string {
  return { passed: good, failed: bad, inconclusive: unsure, skipped: dim }[verdict];
}

function formatArea(results: readonly DoctorResult[], width: number, palette: Palette): string[] {
  const lines: string[] = [];
  for (const { name, verdict, seen, fix } of results.filter(({ blockedBy }) => blockedBy === null)) {
    lines.push(`  ${paintOf(verdict, palette)(verdict.padEnd(12))}  ${nameOf(name).padEnd(width)}  ${oneLine(seen)}`);
    if (fix !== null) lines.push(`${" ".repeat(16)}${palette.dim(verdict === "skipped" ? "to change that:" : "fix:")} ${oneLine(fix)}`);
  }
  const blocked = groupByBlocker(results);
  for (const [by, names] of blocked) lines.push(`  ${palette.dim("not looked at")} ${names.join(", ")}: ${by} did not pass`);
  return lines;
}

function groupByBlocker(results: readonly DoctorResult[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { name, blockedBy, verdict } of results) {
    // What its need skips does not apply, and the need says why.
    if (blockedBy !== null && verdict !== "skipped") groups.set(blockedBy, [...(groups.get(blockedBy) ?? []), nameOf(name)]);
  }
  return groups;
}
