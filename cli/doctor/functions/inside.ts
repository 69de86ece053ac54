import { z } from "zod";
import type { DoctorAnswer, DoctorResult } from "../../../functions/_shared/doctor/doctor_finding.ts";
import { type InsideReport, insideReport } from "../../../functions/_shared/doctor/look_from_inside.ts";
import { HoldfastError } from "../../../functions/_shared/errors/holdfast_error.ts";
import { TICKET_HEADER } from "../../../functions/_shared/http/authorize.ts";
import type { DoctorSession, SessionCheck } from "../doctor_session.ts";
import { callFunction } from "./call_function.ts";

/** The function stores, reads and deletes an object, at a storage that may be slow. */
const TIMEOUT_MS = 90_000;

/** A one-time right, handed over by this machine itself: with the database at hand no key is needed. */
async function credentials(session: DoctorSession, before: readonly DoctorResult[]): Promise<Record<string, string> | null> {
  if (before.some(({ name, verdict }) => name === "database/schema" && verdict === "passed")) {
    const { ticket } = await session.askOne(z.object({ ticket: z.string() }), `
      insert into backup.tickets (function_name, body, expires_at, posted)
      values ('run-doctor', '{"action": "look"}', clock_timestamp() + interval '2 minutes', true) returning ticket_id::text as ticket`);
    return { [TICKET_HEADER]: ticket };
  }
  const key = session.secretKey();
  return key === undefined ? null : { apikey: key };
}

/** What the set-up looks like from where exports run: their secrets, their bucket, their database. */
export const inside: SessionCheck = {
  name: "functions/inside",
  needs: ["functions/run-doctor"],
  after: ["database/schema"],
  look: async (session, before) => {
    const headers = await credentials(session, before);
    if (headers === null) return { verdict: "inconclusive", seen: "neither the database nor a secret key opens run-doctor, so nobody looked from inside", fix: "export HOLDFAST_DB_URL=postgresql://…   # or: export HOLDFAST_SECRET_KEY=sb_secret_…" };
    const { status, code, body } = await callFunction(session, "run-doctor", { method: "POST", headers: { "content-type": "application/json", ...headers }, body: '{"action": "look"}' }, TIMEOUT_MS);
    if (status !== 200) return refused(status, code, TICKET_HEADER in headers);
    const report = insideReport.safeParse(body);
    if (!report.success) return { verdict: "failed", seen: "run-doctor answers something that this holdfast does not understand: it is of another version", fix: "supabase functions deploy" };
    return [
      ...report.data.findings.map(({ name, blocked_by: blockedBy, ...finding }) => ({ ...finding, name: `functions/inside_${name}`, blockedBy: blockedBy === null ? null : `functions/inside_${blockedBy}` })),
      { name: "functions/same_bucket", ...compareBuckets(session, report.data), blockedBy: null },
    ];
  },
};

function refused(status: number, code: string | null, byTicket: boolean): DoctorAnswer {
  if (status === 401 && byTicket) {
    return { verdict: "failed", seen: "the functions do not know a ticket of this database: they work on another one", fix: "supabase secrets unset HOLDFAST_DB_URL   # or set it to this database; and see that --functions-url and --database-url are of one project" };
  }
  if (status === 401) return { verdict: "inconclusive", seen: "run-doctor refuses the secret key", fix: "export HOLDFAST_SECRET_KEY=sb_secret_…" };
  if (code === "HF104") return { verdict: "failed", seen: "the functions cannot reach their database (HF104)", fix: "supabase secrets set HOLDFAST_DB_URL=…   # reachable from the functions; and HOLDFAST_DB_CA=\"$(cat prod-ca.crt)\" where its certificate is not trusted" };
  return { verdict: "failed", seen: `run-doctor answers ${status}${code === null ? "" : ` ${code}`}`, fix: "supabase functions deploy run-doctor   # the reason is in its logs: dashboard, Edge Functions > run-doctor > Logs" };
}

/** What this machine restores from is what the functions export to. */
function compareBuckets(session: DoctorSession, { bucket }: InsideReport): DoctorAnswer {
  let own;
  try {
    own = session.storage.settings();
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    return { verdict: "skipped", seen: "the settings of this machine are not usable", fix: null };
  }
  if (own === null || bucket === null) return { verdict: "skipped", seen: `S3 is not configured ${own === null ? "on this machine" : "for the functions"}`, fix: null };
  const differing = (["endpoint", "bucket", "prefix"] as const).filter((name) => own[name] !== bucket[name]);
  if (differing.length === 0) return { verdict: "passed", seen: "this machine and the functions use the same bucket and prefix", fix: null };
  return { verdict: "failed", seen: `the functions have another ${differing.join(" and ")} than this machine: ${differing.map((name) => `"${bucket[name]}" and "${own[name]}"`).join(", ")}`,
    fix: `export ${differing.map((name) => `HOLDFAST_S3_${name.toUpperCase()}=${bucket[name]}`).join(" ")}   # or change the functions with supabase secrets set` };
}
