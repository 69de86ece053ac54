import { z } from "zod";
import { verdictSchema } from "../../../functions/_shared/verify/verdict.ts";
import type { SessionCheck } from "../doctor_session.ts";

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
