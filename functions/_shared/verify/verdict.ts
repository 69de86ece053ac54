import { z } from "zod";

/** The four answers of a check. Three of them are not "passed". */
export const verdictSchema = z.enum(["passed", "failed", "inconclusive", "skipped"]);

export type Verdict = z.infer<typeof verdictSchema>;

/** One answer of one check about one subject, as backup.finding. Never holds the contents of rows. */
export interface Finding {
  subject: string;
  verdict: Verdict;
  expected?: string | undefined;
  actual?: string | undefined;
  evidence?: Record<string, unknown> | undefined;
}
