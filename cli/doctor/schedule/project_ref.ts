import { z } from "zod";
import type { SessionCheck } from "../doctor_session.ts";
import { refOf, refOfDatabase } from "./project_address.ts";

/** Two projects that are both called local would share a folder of the bucket; so would a clone and its source. */
export const projectRef: SessionCheck = {
  name: "schedule/project_ref",
  needs: ["database/schema"],
  look: async (session) => {
    const { ref, url } = await session.askOne(z.object({ ref: z.string(), url: z.string().nullable() }), "select s.project_ref as ref, backup.functions_url() as url from backup.settings s");
    const actual = refOfDatabase(session);
    const fix = `update backup.settings set project_ref = '${actual ?? refOf(url ?? undefined) ?? "<ref>"}' where id;`;
    if (ref === "local") return { verdict: "failed", seen: "project_ref is still 'local', so the backups of every such project would share a folder", fix };
    if (actual !== null && ref !== actual) return { verdict: "failed", seen: `project_ref is '${ref}', but this is the database of project ${actual}: a clone would write among the backups of its source`, fix };
    return { verdict: "passed", seen: ref, fix: null };
  },
};
