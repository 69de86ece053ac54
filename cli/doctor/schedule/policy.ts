import { z } from "zod";
import type { SessionCheck } from "../doctor_session.ts";

/** Somebody has asked for exports. */
export const policy: SessionCheck = {
  name: "schedule/policy",
  needs: ["database/schema"],
  look: async (session) => {
    const enabled = await session.ask(z.object({ name: z.string() }), "select p.name from backup.policies p where p.provider = 'aws_s3' and p.enabled order by p.name");
    if (enabled.length > 0) return { verdict: "passed", seen: `on: ${enabled.map(({ name }) => name).join(", ")}`, fix: null };
    return { verdict: "failed", seen: "no S3 policy is on: nothing is exported by itself", fix: "select * from backup.enable();" };
  },
};
