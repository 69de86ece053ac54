import { z } from "zod";
import type { DoctorAnswer } from "../../../functions/_shared/doctor/doctor_finding.ts";
import type { DoctorSession, SessionCheck } from "../doctor_session.ts";

const POLL_MS = 150;
/** After an answer that is an error, so long is left for the ticket all the same: the answer may be another request's. */
const GRACE_MS = 1_000;
/** The database's own part of the way: without them there is nothing to send with, or nowhere to send to. */
const BEFORE = ["database/pg_net", "functions/run-doctor"];

/**
 * The way every scheduled job goes: a ticket is posted by pg_net, and the function that gets it claims it in this database.
 * The ticket asks for nothing.
 */
export const roundTrip: SessionCheck = {
  name: "network/round_trip",
  needs: ["database/schema", "schedule/functions_url"],
  after: BEFORE,
  look: async (session, before) => {
    const broken = before.find(({ name, verdict }) => BEFORE.includes(name) && verdict === "failed");
    if (broken !== undefined) return { verdict: "inconclusive", seen: `not looked at, as ${broken.name} did not pass`, fix: null };
    const external = (await session.askOne(z.object({ external: z.boolean() }), "select s.external_clock as external from backup.settings s")).external;
    const mark = external ? 0 : await newestAnswer(session);
    const started = performance.now();
    const { ticket } = await session.askOne(z.object({ ticket: z.string() }), `select backup.dispatch('run-doctor', '{"action": "ping"}')::text as ticket`);
    while (performance.now() - started < session.claimMs) {
      const { claimed, others } = await session.askOne(progress, `
        select t.claimed_at is not null as claimed, exists (select from backup.tickets o where o.ticket_id <> t.ticket_id and o.issued_at >= t.issued_at) as others
        from backup.tickets t where t.ticket_id = $1`, [ticket]);
      if (claimed) return { verdict: "passed", seen: `a ticket was posted, delivered and claimed in ${((performance.now() - started) / 1000).toFixed(1)} s`, fix: null };
      // Where there are other tickets, an error may be the answer to one of them.
      if (!external && !others && performance.now() - started > GRACE_MS && (await failedAnswer(session, mark)) !== undefined) break;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    const seconds = session.claimMs / 1000;
    if (external) return { verdict: "failed", seen: `no program delivered a ticket within ${seconds} s, and settings.external_clock is on`, fix: "Start the program that delivers tickets, or: update backup.settings set external_clock = false where id;" };
    return await findSide(session, ticket, mark, seconds);
  },
};

const progress = z.object({ claimed: z.boolean(), others: z.boolean() });

async function newestAnswer(session: DoctorSession): Promise<number> {
  return (await session.askOne(z.object({ id: z.number() }), "select coalesce(max(r.id), 0)::float8 as id from net._http_response r")).id;
}

const answer = z.object({ status: z.number().nullable(), error: z.string().nullable() });

/** The newest answer to pg_net since the mark that is an error. */
async function failedAnswer(session: DoctorSession, mark: number): Promise<z.infer<typeof answer> | undefined> {
  const [last] = await session.ask(answer, `
    select r.status_code as status, r.error_msg as error from net._http_response r
    where r.id > $1 and (r.status_code is null or r.status_code not between 200 and 299) order by r.id desc limit 1`, [mark]);
  return last;
}

/** Which side the ticket got lost on. Answers of other requests since then speak of the same functions. */
async function findSide(session: DoctorSession, ticket: string, mark: number, seconds: number): Promise<DoctorAnswer> {
  const failed = (seen: string, fix: string): DoctorAnswer => ({ verdict: "failed", seen, fix });
  const setUrl = "update backup.settings set functions_url = 'https://<ref>.supabase.co/functions/v1' where id;";
  const { queued } = await session.askOne(z.object({ queued: z.boolean() }),
    "select exists (select from net.http_request_queue q where q.headers ->> 'x-holdfast-ticket' = $1) as queued", [ticket]);
  if (queued) return failed(`pg_net has not sent the request within ${seconds} s: its worker is not running`, "select net.worker_restart();");
  const last = await failedAnswer(session, mark);
  if (last === undefined) return failed(`pg_net has sent the request, and no answer came within ${seconds} s`, "select * from net._http_response order by id desc limit 5;   -- and the logs of run-doctor");
  if (last.status === null) return failed(`the database cannot reach the functions: ${(last.error ?? "no reason given").slice(0, 200)}`, `${setUrl}   -- the address as seen from the database`);
  if (last.status === 401) return failed("the function that the database calls refuses its tickets (401): it works on another database, or verify_jwt is on", `${setUrl}   -- of this project; or: supabase functions deploy run-doctor`);
  if (last.status === 404) return failed("there is no function where the database calls (404)", setUrl);
  return failed(`the function that the database calls answers ${last.status}`, "supabase functions deploy run-doctor   # the reason is in its logs");
}
