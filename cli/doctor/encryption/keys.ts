import { z } from "zod";
import { parseRecipients, RECIPIENTS_VARIABLE } from "../../../functions/_shared/encryption/parse_recipients.ts";
import { HoldfastError } from "../../../functions/_shared/errors/holdfast_error.ts";
import { verdictSchema } from "../../../functions/_shared/verify/verdict.ts";
import { readIdentities } from "../../read_identities.ts";
import type { SessionCheck } from "../doctor_session.ts";

const wordsOf = (error: HoldfastError): string => `${[error.message, error.detail].filter(Boolean).join(": ")} (${error.code})`;

/** The public keys on this machine, which `holdfast backup` encrypts to, are public keys. */
export const recipients: SessionCheck = {
  name: "encryption/recipients",
  look: ({ env }) => {
    try {
      const all = parseRecipients(env);
      return Promise.resolve(all.length === 0
        ? { verdict: "skipped", seen: `${RECIPIENTS_VARIABLE} is not set on this machine`, fix: null }
        : { verdict: "passed", seen: `encrypts to ${all.join(", ")}`, fix: null });
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      return Promise.resolve({ verdict: "failed", seen: wordsOf(error), fix: `export ${RECIPIENTS_VARIABLE}=age1…   # ${error.hint ?? ""}` });
    }
  },
};

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
      return { verdict: "failed", seen: wordsOf(error), fix: error.hint ?? "holdfast doctor --identity <file>" };
    }
    if (identities === null) return { verdict: "skipped", seen: "none was given", fix: "holdfast doctor --identity <file>   # to look at it" };
    const [run] = await session.ask(newest, "select r.run_id, r.age_recipients from backup.runs r where r.state = 'complete' order by r.run_id desc limit 1");
    if (run === undefined) return { verdict: "skipped", seen: "there is no backup yet", fix: null };
    const wanted = run.age_recipients ?? [];
    if (wanted.length === 0) return { verdict: "skipped", seen: `the newest backup, ${run.run_id}, is not encrypted`, fix: null };
    const able = identities.recipients.filter((one) => wanted.includes(one));
    if (able.length > 0) return { verdict: "passed", seen: `${able.join(", ")} is a recipient of the newest backup, ${run.run_id}`, fix: null };
    return { verdict: "failed", seen: `it belongs to ${identities.recipients.join(", ")}, which is no recipient of the newest backup, ${run.run_id}`, fix: `holdfast doctor --identity <file of ${wanted.join(" or ")}>` };
  },
};

const escrow = z.object({ subject: z.string(), verdict: verdictSchema, actual: z.string() });

/** Somebody has shown lately that the escrowed keys open a backup. */
export const keyProof: SessionCheck = {
  name: "encryption/key_proof",
  needs: ["database/schema"],
  look: async (session) => {
    const all = await session.ask(escrow, "select c.subject, c.verdict::text as verdict, c.actual from backup.check_key_escrow() c");
    const worst = (["failed", "inconclusive", "passed"] as const).find((verdict) => all.some((one) => one.verdict === verdict)) ?? "skipped";
    const told = all.filter(({ verdict }) => verdict === worst).map(({ subject, actual }) => `${subject}: ${actual}`).join("; ");
    return { verdict: worst, seen: told, fix: worst === "failed" || worst === "inconclusive" ? "holdfast verify-key --identity <file>" : null };
  },
};
