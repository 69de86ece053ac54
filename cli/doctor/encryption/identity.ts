import { z } from "zod";
import { HoldfastError } from "../../../functions/_shared/errors/holdfast_error.ts";
import { readIdentities } from "../../read_identities.ts";
import type { SessionCheck } from "../doctor_session.ts";

const newest = z.object({ run_id: z.string(), age_recipients: z.array(z.string()).nullable() });

/** The identity at hand opens the newest backup. */
export const identity: SessionCheck = {
  name: "encryption/identity",
  needs: ["database/schema"],
  look: async (session) => {
    let identities;
    try {
      identities = await readIdentities(session.options.identities ?? [], session.env);
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      return { verdict: "failed", seen: `${[error.message, error.detail].filter(Boolean).join(": ")} (${error.code})`, fix: error.hint ?? "holdfast doctor --identity <file>" };
    }
    if (identities === null) return { verdict: "skipped", seen: "none was given", fix: "holdfast doctor --identity <file>" };
    const [run] = await session.ask(newest, "select r.run_id, r.age_recipients from backup.runs r where r.state = 'complete' order by r.run_id desc limit 1");
    if (run === undefined) return { verdict: "skipped", seen: "there is no backup yet", fix: null };
    const wanted = run.age_recipients ?? [];
    if (wanted.length === 0) return { verdict: "skipped", seen: `the newest backup, ${run.run_id}, is not encrypted`, fix: null };
    const able = identities.recipients.filter((one) => wanted.includes(one));
    if (able.length > 0) return { verdict: "passed", seen: `${able.join(", ")} is a recipient of the newest backup, ${run.run_id}`, fix: null };
    return { verdict: "failed", seen: `it belongs to ${identities.recipients.join(", ")}, which is no recipient of the newest backup, ${run.run_id}`, fix: `holdfast doctor --identity <file of ${wanted.join(" or ")}>` };
  },
};
