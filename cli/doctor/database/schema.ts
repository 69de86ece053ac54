import { z } from "zod";
import { PUSH_COMMAND } from "../../install/push_command.ts";
import type { SessionCheck } from "../doctor_session.ts";
import { quoteName } from "../quote_name.ts";

/** Schema backup is there and the role may use it. */
export const schema: SessionCheck = {
  name: "database/schema",
  needs: ["database/connection", "database/server_version"],
  look: async (session) => {
    const { installed, usable, role } = await session.askOne(z.object({ installed: z.boolean(), usable: z.boolean(), role: z.string() }), `
      select count(*) > 0 as installed, current_user::text as role,
             coalesce(bool_and(has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'insert') and not row_security_active(c.oid)), false) as usable
      from pg_catalog.pg_namespace n join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname in ('settings', 'tickets')
      where n.nspname = 'backup'`);
    if (usable) return { verdict: "passed", seen: "schema backup is installed", fix: null };
    if (!installed) return { verdict: "failed", seen: "schema backup is not installed in this database", fix: `npx holdfast init && ${PUSH_COMMAND}   # in the folder of the project` };
    return { verdict: "failed", seen: `role ${role} may not use schema backup`, fix: `grant postgres to ${quoteName(role)};   -- or: export HOLDFAST_DB_URL=… as the role that applied the migrations, which is postgres` };
  },
};
