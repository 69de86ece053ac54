import { z } from "zod";
import type { SessionCheck } from "../doctor_session.ts";

const OLDEST = 150_000;

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
