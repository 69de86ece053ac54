import { z } from "zod";
import { clientConfig } from "../../../functions/_shared/database/client_config.ts";
import type { DoctorSession, SessionCheck } from "../doctor_session.ts";

const REF = "([a-z]{20})";

/** Reference of the hosted project behind an address, or null. */
function refOf(...addresses: readonly (string | undefined)[]): string | null {
  for (const address of addresses) {
    const found = new RegExp(`(?:^|[/.@])(?:db\\.)?${REF}\\.supabase\\.(?:co|in)\\b|^postgres\\.${REF}$`).exec(address ?? "");
    if (found !== null) return found[1] ?? found[2] ?? null;
  }
  return null;
}

/** Reference of the project whose database this is, as its URL tells. */
function refOfDatabase(session: DoctorSession): string | null {
  const { host, user } = clientConfig(session.options.databaseUrl(), { applicationName: "holdfast doctor" });
  return refOf(host, user);
}

const settings = (session: DoctorSession): Promise<{ ref: string; url: string | null; vault: boolean }> =>
  session.askOne(z.object({ ref: z.string(), url: z.string().nullable(), vault: z.boolean() }),
    "select s.project_ref as ref, backup.functions_url() as url, s.functions_url is null as vault from backup.settings s");

/** Two projects that are both called local would share a folder of the bucket; so would a clone and its source. */
export const projectRef: SessionCheck = {
  name: "schedule/project_ref",
  needs: ["database/schema"],
  look: async (session) => {
    const { ref, url } = await settings(session);
    const actual = refOfDatabase(session);
    const fix = `update backup.settings set project_ref = '${actual ?? refOf(url ?? undefined) ?? "<ref>"}' where id;`;
    if (ref === "local") return { verdict: "failed", seen: "project_ref is still 'local', so the backups of every such project would share a folder", fix };
    if (actual !== null && ref !== actual) return { verdict: "failed", seen: `project_ref is '${ref}', but this is the database of project ${actual}: a clone would write among the backups of its source`, fix };
    return { verdict: "passed", seen: ref, fix: null };
  },
};

/** The database knows where its functions answer. */
export const functionsUrl: SessionCheck = {
  name: "schedule/functions_url",
  needs: ["database/schema"],
  look: async (session) => {
    const { url, vault } = await settings(session);
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
