import type { DoctorResult } from "../../functions/_shared/doctor/doctor_finding.ts";
import { runDoctorChecks } from "../../functions/_shared/doctor/run_doctor_checks.ts";
import type { DoctorSession, SessionCheck } from "./doctor_session.ts";
import { type Area, DOCTOR_CHECKS } from "./registry.ts";

export interface DoctorReport {
  /** passed where nothing failed and nothing is in doubt; what is skipped does not apply. */
  readonly verdict: "passed" | "failed" | "inconclusive";
  readonly results: readonly DoctorResult[];
}

const inArea = (area: Area | undefined, name: string): boolean => area === undefined || name.startsWith(`${area}/`);

/**
 * Examines a set-up. Of an area alone, what its checks need is looked at too, and told where it did not pass.
 * The session is left open.
 */
export async function runDoctor(session: DoctorSession, area?: Area, onStart?: (name: string) => void): Promise<DoctorReport> {
  const { asked, needed } = selectChecks(area);
  const all = await runDoctorChecks(DOCTOR_CHECKS.filter(({ name }) => asked.has(name)), session, onStart);
  const results = all.filter(({ name, verdict, blockedBy }) =>
    inArea(area, name) || (needed.has(name) && blockedBy === null && (verdict === "failed" || verdict === "inconclusive")));
  const has = (wanted: DoctorResult["verdict"]): boolean => results.some(({ verdict }) => verdict === wanted);
  return { verdict: has("failed") ? "failed" : has("inconclusive") ? "inconclusive" : "passed", results };
}

/** Names of the checks to run, and which of them are there because a check of the area cannot do without. */
function selectChecks(area: Area | undefined): { asked: Set<string>; needed: Set<string> } {
  const byName = new Map(DOCTOR_CHECKS.map((check) => [check.name, check]));
  const asked = new Set<string>();
  const needed = new Set<string>();
  const add = ({ name, needs = [], after = [] }: SessionCheck, required: boolean): void => {
    asked.add(name);
    if (required) needed.add(name);
    for (const [other, demanded] of [...needs.map((one) => [one, required] as const), ...after.map((one) => [one, false] as const)]) {
      const check = byName.get(other);
      if (check !== undefined && !(asked.has(other) && (needed.has(other) || !demanded))) add(check, demanded);
    }
  };
  for (const check of DOCTOR_CHECKS) if (inArea(area, check.name)) add(check, true);
  return { asked, needed };
}
