import type { DoctorAnswer } from "../../../functions/_shared/doctor/doctor_finding.ts";
import { ERRORS, isErrorCode } from "../../../functions/_shared/errors/catalogue.ts";
import type { SessionCheck } from "../doctor_session.ts";
import { callFunction, type FunctionAnswer } from "./call_function.ts";

/** Every function with a method it takes. */
const FUNCTIONS = {
  "export-backup": "POST",
  "verify-backup": "POST",
  "restore-drill": "POST",
  "apply-retention": "POST",
  "deliver-alerts": "POST",
  "backup-status": "GET",
  "run-doctor": "POST",
} as const;

/** What the answer to a stranger says: the only good one is our own refusal. */
function judge(slug: string, { status, code }: FunctionAnswer): DoctorAnswer {
  const deploy = `supabase functions deploy ${slug}`;
  if (status === 401 && code === "HF101") return { verdict: "passed", seen: "deployed, and refuses a stranger", fix: null };
  if (status === 401) {
    return { verdict: "failed", seen: "the platform's JWT check refuses the caller before the function sees him",
      fix: `verify_jwt = false in [functions.${slug}] of supabase/config.toml, then ${deploy}` };
  }
  // Alive: what keeps it from its database is looked at from inside.
  if (code === "HF104") return { verdict: "passed", seen: "deployed; it cannot reach its database", fix: null };
  if (isErrorCode(code)) return { verdict: "failed", seen: `answers ${code}: ${ERRORS[code].title}`, fix: `The code is in docs/errors.md; set the secret it names with supabase secrets set, then ${deploy}` };
  if (status === 404) return { verdict: "failed", seen: "not deployed (404)", fix: deploy };
  if (status >= 200 && status < 300) return { verdict: "failed", seen: `answers a stranger (${status}): it is not the function of this project`, fix: deploy };
  if (status >= 500) return { verdict: "failed", seen: `does not start (${status}${code === null ? "" : ` ${code}`})`, fix: `${deploy}   # the reason is in its logs: dashboard, Edge Functions > ${slug} > Logs` };
  return { verdict: "inconclusive", seen: `answers ${status}, which no function of Holdfast does`, fix: "holdfast doctor --functions-url https://<ref>.supabase.co/functions/v1" };
}

/** Each function is deployed, starts, and is guarded. */
export const DEPLOYED: readonly SessionCheck[] = Object.entries(FUNCTIONS).map(([slug, method]) => ({
  name: `functions/${slug}`,
  needs: ["functions/url"],
  look: async (session) => judge(slug, await callFunction(session, slug, { method })),
}));
