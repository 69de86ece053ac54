import { z } from "zod";
import type { DoctorSession, SessionCheck } from "../doctor_session.ts";

interface Wanted {
  readonly name: string;
  /** SQL that is true when it is there and may be used. A name in a schema that is closed to the role is an error, so that is asked first. */
  readonly usable: string;
  readonly fix: string;
}

const state = z.object({ usable: z.boolean(), version: z.string().nullable(), external: z.boolean() });

const look = (session: DoctorSession, { name, usable }: Wanted): Promise<z.infer<typeof state>> => session.askOne(state, `
  select coalesce(${usable}, false) as usable, (select e.extversion from pg_catalog.pg_extension e where e.extname = $1) as version,
         (select s.external_clock from backup.settings s) as external`, [name]);

/** Required, unless a program outside of the database holds snapshots and delivers tickets. */
function required(wanted: Wanted): SessionCheck {
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
function optional(wanted: Wanted, lost: string): SessionCheck {
  return {
    name: `database/${wanted.name}`,
    needs: ["database/schema"],
    look: async (session) => {
      const { usable, version } = await look(session, wanted);
      if (usable) return { verdict: "passed", seen: version === null ? "usable" : `version ${version}`, fix: null };
      return { verdict: "skipped", seen: `not usable: ${lost}`, fix: wanted.fix };
    },
  };
}

export const pgCron = required({
  name: "pg_cron",
  usable: "case when has_schema_privilege(to_regnamespace('cron')::oid, 'usage') then to_regprocedure('cron.schedule(text,text,text)') is not null end",
  fix: "create extension pg_cron;   -- or enable it in the dashboard under Integrations > Cron",
});

export const pgNet = required({
  name: "pg_net",
  usable: "case when has_schema_privilege(to_regnamespace('net')::oid, 'usage') then to_regprocedure('net.http_post(text,jsonb,jsonb,jsonb,integer)') is not null end",
  fix: "create extension pg_net with schema extensions;   -- or enable it in the dashboard under Database > Extensions",
});

export const pgTap = optional({
  name: "pgtap",
  usable: "backup._pgtap_schema() is not null",
  fix: "create extension pgtap with schema extensions; select backup.install_tests();",
}, "the tests in the database and your invariants of schema backup_tests are not run");

export const amcheck = optional({
  name: "amcheck",
  usable: "(select a.call is not null from backup._amcheck_call(false) a)",
  fix: "create extension amcheck with schema extensions;",
}, "check_indexes sees invalid indexes only, not damage inside of them");
