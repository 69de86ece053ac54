import type { SessionCheck } from "../doctor_session.ts";
import { quoteName } from "../quote_name.ts";
import { roleRights } from "./role_rights.ts";
import { some, tablesWhere } from "./tables_where.ts";

/** Exports have to read every table. */
export const readTables: SessionCheck = {
  name: "database/read_tables",
  needs: ["database/schema"],
  look: async (session) => {
    const { role, reads_all } = await roleRights(session);
    const closed = await tablesWhere(session, "not has_schema_privilege(n.oid, 'usage') or not has_table_privilege(c.oid, 'select')");
    if (closed.length > 0) return { verdict: "failed", seen: `role ${role} may not read ${some(closed)}: exports will fail with HF305`, fix: `grant pg_read_all_data to ${quoteName(role)};` };
    return { verdict: "passed", seen: reads_all ? `${role} reads every table` : `${role} may read every table there is; a new one may not be readable, as it is not in pg_read_all_data`, fix: null };
  },
};
