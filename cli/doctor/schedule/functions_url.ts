import { z } from "zod";
import type { SessionCheck } from "../doctor_session.ts";
import { refOf, refOfDatabase } from "./project_address.ts";

/** The database knows where its functions answer. */
export const functionsUrl: SessionCheck = {
  name: "schedule/functions_url",
  needs: ["database/schema"],
  look: async (session) => {
    const { url, vault } = await session.askOne(z.object({ url: z.string().nullable(), vault: z.boolean() }), "select backup.functions_url() as url, s.functions_url is null as vault from backup.settings s");
    const actual = refOfDatabase(session);
    const fix = `update backup.settings set functions_url = 'https://${actual ?? "<ref>"}.supabase.co/functions/v1' where id;`;
    if (url === null) return { verdict: "failed", seen: "neither settings.functions_url nor Vault secret project_url is set: no scheduled job can start a function", fix };
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) return { verdict: "failed", seen: "the URL of the functions is not an http or https URL", fix };
    const other = refOf(url);
    if (actual !== null && other !== null && other !== actual) return { verdict: "failed", seen: `the functions are those of project ${other}, the database is that of ${actual}`, fix };
    const { origin, pathname } = new URL(url);
    return { verdict: "passed", seen: `${origin}${pathname}${vault ? ", from Vault secret project_url" : ""}`, fix: null };
  },
};
