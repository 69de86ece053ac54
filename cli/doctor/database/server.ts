import { z } from "zod";
import { judgeSkew } from "../../../functions/_shared/doctor/judge_skew.ts";
import type { SessionCheck } from "../doctor_session.ts";

const OLDEST = 150_000;
/** A job of pg_cron that ends chunks, drills and alerts has to get this long. */
const SHORTEST_TIMEOUT_MS = 30_000;

/** PostgreSQL 15 or newer. */
export const serverVersion: SessionCheck = {
  name: "database/server_version",
  needs: ["database/connection"],
  look: async (session) => {
    const { num, version } = await session.askOne(z.object({ num: z.number(), version: z.string() }),
      "select current_setting('server_version_num')::integer as num, current_setting('server_version') as version");
    if (num >= OLDEST) return { verdict: "passed", seen: `PostgreSQL ${version}`, fix: null };
    return { verdict: "failed", seen: `PostgreSQL ${version}; 15 or newer is needed`, fix: "Upgrade the project: dashboard, Settings > Infrastructure > Upgrade." };
  },
};

/** Jobs of pg_cron run under the time limit of their role; sessions of Holdfast set their own. */
export const statementTimeout: SessionCheck = {
  name: "database/statement_timeout",
  needs: ["database/connection"],
  look: async (session) => {
    const { ms, role } = await session.askOne(z.object({ ms: z.number(), role: z.string() }),
      "select s.reset_val::integer as ms, current_user::text as role from pg_catalog.pg_settings s where s.name = 'statement_timeout'");
    if (ms === 0) return { verdict: "passed", seen: "statements have no time limit", fix: null };
    if (ms >= SHORTEST_TIMEOUT_MS) return { verdict: "passed", seen: `statements may take ${ms / 1000} s`, fix: null };
    return { verdict: "failed", seen: `statements of role ${role} end after ${ms / 1000} s, those of its scheduled jobs too`, fix: `alter role ${quote(role)} set statement_timeout = '2min';` };
  },
};

/** Ages and leases are judged by the database's clock. */
export const databaseClock: SessionCheck = {
  name: "database/clock",
  needs: ["database/connection"],
  look: async (session) => {
    const asked = session.clock.now();
    const { ms } = await session.askOne(z.object({ ms: z.number() }), "select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms");
    return judgeSkew("the database", ms - (asked + session.clock.now()) / 2, "machine");
  },
};

export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
