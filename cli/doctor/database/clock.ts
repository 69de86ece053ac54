import { z } from "zod";
import { judgeSkew } from "../../../functions/_shared/doctor/judge_skew.ts";
import type { SessionCheck } from "../doctor_session.ts";

/** Ages and leases are judged by the database's clock. */
export const clock: SessionCheck = {
  name: "database/clock",
  needs: ["database/connection"],
  look: async (session) => {
    const asked = session.clock.now();
    const { ms } = await session.askOne(z.object({ ms: z.number() }), "select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms");
    return judgeSkew("the database", ms - (asked + session.clock.now()) / 2, "machine");
  },
};
