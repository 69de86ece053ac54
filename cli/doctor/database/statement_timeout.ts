import { z } from "zod";
import type { SessionCheck } from "../doctor_session.ts";
import { quoteName } from "../quote_name.ts";

/** The minute job, which ends stuck runs and judges alerts, has to get this long. */
const SHORTEST_TIMEOUT_MS = 30_000;

/** Jobs of pg_cron run under the time limit of their role; sessions of Holdfast set their own. */
export const statementTimeout: SessionCheck = {
  name: "database/statement_timeout",
  needs: ["database/connection"],
  look: async (session) => {
    const { ms, role } = await session.askOne(z.object({ ms: z.number(), role: z.string() }),
      "select s.reset_val::integer as ms, current_user::text as role from pg_catalog.pg_settings s where s.name = 'statement_timeout'");
    if (ms === 0) return { verdict: "passed", seen: "statements have no time limit", fix: null };
    if (ms >= SHORTEST_TIMEOUT_MS) return { verdict: "passed", seen: `statements may take ${ms / 1000} s`, fix: null };
    return { verdict: "failed", seen: `statements of role ${role} end after ${ms / 1000} s, those of its scheduled jobs too`, fix: `alter role ${quoteName(role)} set statement_timeout = '2min';` };
  },
};
