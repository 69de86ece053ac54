import { z } from "zod";
import { verdictSchema } from "../verify/verdict.ts";

/** One answer about a set-up. `fix` is the command or SQL to run; null where there is nothing to do. Neither ever holds a secret. */
export const doctorFinding = z.object({
  name: z.string(),
  verdict: verdictSchema,
  seen: z.string(),
  fix: z.string().nullable(),
});

export type DoctorFinding = z.infer<typeof doctorFinding>;

/** What a check says of itself; its name is in the registry. */
export type DoctorAnswer = Omit<DoctorFinding, "name">;

export interface DoctorCheck<Context> {
  readonly name: string;
  /** Checks that have to pass before this one can look. One that is skipped skips this one too. */
  readonly needs?: readonly string[];
  /** Checks that come before this one where they are asked for; whatever they say, this one looks. */
  readonly after?: readonly string[];
  /**
   * `before` is what the checks before it have said. An array when it looks at several things at once, each under a name
   * of its own.
   */
  look(context: Context, before: readonly DoctorResult[]): Promise<DoctorAnswer | DoctorResult[]>;
}

/** An answer, with the name of the check that kept this one from looking. */
export interface DoctorResult extends DoctorFinding {
  readonly blockedBy: string | null;
}
