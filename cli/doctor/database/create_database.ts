import type { SessionCheck } from "../doctor_session.ts";
import { quoteName } from "../quote_name.ts";
import { roleRights } from "./role_rights.ts";

/** Drills by functions restore into a database of their own on this server. */
export const createDatabase: SessionCheck = {
  name: "database/create_database",
  needs: ["database/connection"],
  look: async (session) => {
    const { role, createdb, super: superuser } = await roleRights(session);
    if (superuser || createdb) return { verdict: "passed", seen: `${role} may create the scratch database of a drill`, fix: null };
    return { verdict: "failed", seen: `role ${role} may not create databases: drills by functions will fail`, fix: `alter role ${quoteName(role)} createdb;` };
  },
};
