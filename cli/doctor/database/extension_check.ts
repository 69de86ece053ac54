import { z } from "zod";
import type { DoctorSession, SessionCheck } from "../doctor_session.ts";

export interface WantedExtension {
  readonly name: string;
  /** SQL that is true when it is there and may be used. A name in a schema that is closed to the role is an error, so that is asked first. */
  readonly usable: string;
  readonly fix: string;
}

const state = z.object({ usable: z.boolean(), version: z.string().nullable(), external: z.boolean(), offered: z.boolean(), creatable: z.boolean() });

const look = (session: DoctorSession, { name, usable }: WantedExtension): Promise<z.infer<typeof state>> => session.askOne(state, `
  select coalesce(${usable}, false) as usable, (select e.extversion from pg_catalog.pg_extension e where e.extname = $1) as version,
         (select s.external_clock from backup.settings s) as external,
         exists (select from pg_catalog.pg_available_extensions e where e.name = $1) as offered,
         (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user)
           or exists (select from pg_catalog.pg_available_extension_versions e where e.name = $1 and (e.trusted or not e.superuser))
           -- The hosted platform creates these for the role of a project.
           or $1 = any (regexp_split_to_array(coalesce(current_setting('supautils.privileged_extensions', true), ''), '\\s*,\\s*')) as creatable`, [name]);

/** Required, unless a program outside of the database holds snapshots and delivers tickets. */
export function requiredExtension(wanted: WantedExtension): SessionCheck {
  return {
    name: `database/${wanted.name}`,
    needs: ["database/schema"],
    look: async (session) => {
      const { usable, version, external } = await look(session, wanted);
      if (external) return { verdict: "skipped", seen: "settings.external_clock is on: a program outside of the database does its work", fix: null };
      if (usable) return { verdict: "passed", seen: version === null ? "usable" : `version ${version}`, fix: null };
      return { verdict: "failed", seen: version === null ? "not installed" : `version ${version} is installed, but this role may not use it`, fix: wanted.fix };
    },
  };
}

/** What can be done without; skipped says what is lost. */
export function optionalExtension(wanted: WantedExtension, lost: string): SessionCheck {
  return {
    name: `database/${wanted.name}`,
    needs: ["database/schema"],
    look: async (session) => {
      const { usable, version, offered, creatable } = await look(session, wanted);
      if (usable) return { verdict: "passed", seen: version === null ? "usable" : `version ${version}`, fix: null };
      if (!offered) return { verdict: "skipped", seen: `not on this server: ${lost}`, fix: null };
      return { verdict: "skipped", seen: `not usable: ${lost}`, fix: creatable ? wanted.fix : `as a superuser: ${wanted.fix}` };
    },
  };
}
