import type { SessionCheck } from "../doctor_session.ts";
import { quoteName } from "../quote_name.ts";
import { roleRights } from "./role_rights.ts";
import { some, tablesWhere } from "./tables_where.ts";

/** A policy that would hide rows from an export makes it fail. */
export const rowSecurity: SessionCheck = {
  name: "database/row_security",
  needs: ["database/schema"],
  look: async (session) => {
    const { role, bypassrls, super: superuser } = await roleRights(session);
    if (superuser || bypassrls) return { verdict: "passed", seen: `policies hide no rows from ${role}`, fix: null };
    const hidden = await tablesWhere(session, "row_security_active(c.oid)");
    if (hidden.length === 0) return { verdict: "passed", seen: `no policy applies to ${role}; a new one might, as it has no BYPASSRLS`, fix: null };
    return { verdict: "failed", seen: `policies may hide rows of ${some(hidden)} from ${role}: exports will fail with HF305`, fix: `alter role ${quoteName(role)} bypassrls;` };
  },
};
