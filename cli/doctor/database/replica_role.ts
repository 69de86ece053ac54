import { sqlStateOf } from "../../../functions/_shared/errors/from_postgres.ts";
import type { SessionCheck } from "../doctor_session.ts";
import { quoteName } from "../quote_name.ts";
import { roleRights } from "./role_rights.ts";

/** Restores load rows with triggers and foreign keys off. */
export const replicaRole: SessionCheck = {
  name: "database/replica_role",
  needs: ["database/connection"],
  look: async (session) => {
    const { role } = await roleRights(session);
    await session.database?.query("begin");
    try {
      // Tried, not looked up: on the platform an extension grants it where the catalog does not.
      await session.database?.query("set local session_replication_role = replica");
      return { verdict: "passed", seen: `${role} may load rows with triggers off`, fix: null };
    } catch (error) {
      if (sqlStateOf(error) !== "42501") throw error;
      return { verdict: "failed", seen: `role ${role} may not set session_replication_role: drills and restores will fail`, fix: `grant set on parameter session_replication_role to ${quoteName(role)};   -- as a superuser` };
    } finally {
      await session.database?.query("rollback");
    }
  },
};
