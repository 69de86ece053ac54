import { z } from "zod";
import { sqlStateOf } from "../../../functions/_shared/errors/from_postgres.ts";
import type { DoctorSession, SessionCheck } from "../doctor_session.ts";
import { quote } from "./server.ts";

const role = z.object({ role: z.string(), super: z.boolean(), bypassrls: z.boolean(), createdb: z.boolean(), reads_all: z.boolean() });

const rights = (session: DoctorSession): Promise<z.infer<typeof role>> => session.askOne(role, `
  select r.rolname::text as role, r.rolsuper as super, r.rolbypassrls as bypassrls, r.rolcreatedb as createdb,
         r.rolsuper or pg_has_role(r.oid, 'pg_read_all_data', 'usage') as reads_all
  from pg_catalog.pg_roles r where r.rolname = current_user`);

/** Tables whose rows an export copies and for which this holds. */
const tablesWhere = async (session: DoctorSession, condition: string): Promise<string[]> =>
  (await session.ask(z.object({ name: z.string() }), `
    select format('%I.%I', n.nspname, c.relname) as name
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname in (select backup.included_schemas()) and (${condition})
      and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
    order by 1`)).map(({ name }) => name);

const some = (names: readonly string[]): string => `${names.slice(0, 5).join(", ")}${names.length > 5 ? ` and ${names.length - 5} more` : ""}`;

/** Exports have to read every table. */
export const readTables: SessionCheck = {
  name: "database/read_tables",
  needs: ["database/schema"],
  look: async (session) => {
    const { role, reads_all } = await rights(session);
    const closed = await tablesWhere(session, "not has_schema_privilege(n.oid, 'usage') or not has_table_privilege(c.oid, 'select')");
    if (closed.length > 0) return { verdict: "failed", seen: `role ${role} may not read ${some(closed)}: exports will fail with HF305`, fix: `grant pg_read_all_data to ${quote(role)};` };
    return { verdict: "passed", seen: reads_all ? `${role} reads every table` : `${role} may read every table there is; a new one may not be readable, as it is not in pg_read_all_data`, fix: null };
  },
};

/** A policy that would hide rows from an export makes it fail. */
export const rowSecurity: SessionCheck = {
  name: "database/row_security",
  needs: ["database/schema"],
  look: async (session) => {
    const { role, bypassrls, super: superuser } = await rights(session);
    if (superuser || bypassrls) return { verdict: "passed", seen: `policies hide no rows from ${role}`, fix: null };
    const hidden = await tablesWhere(session, "row_security_active(c.oid)");
    if (hidden.length === 0) return { verdict: "passed", seen: `no policy applies to ${role}; a new one might, as it has no BYPASSRLS`, fix: null };
    return { verdict: "failed", seen: `policies may hide rows of ${some(hidden)} from ${role}: exports will fail with HF305`, fix: `alter role ${quote(role)} bypassrls;` };
  },
};

/** Drills by functions restore into a database of their own on this server. */
export const createDatabase: SessionCheck = {
  name: "database/create_database",
  needs: ["database/connection"],
  look: async (session) => {
    const { role, createdb, super: superuser } = await rights(session);
    if (superuser || createdb) return { verdict: "passed", seen: `${role} may create the scratch database of a drill`, fix: null };
    return { verdict: "failed", seen: `role ${role} may not create databases: drills by functions will fail`, fix: `alter role ${quote(role)} createdb;` };
  },
};

/** Restores load rows with triggers and foreign keys off. */
export const replicaRole: SessionCheck = {
  name: "database/replica_role",
  needs: ["database/connection"],
  look: async (session) => {
    const { role } = await rights(session);
    await session.database?.query("begin");
    try {
      // Tried, not looked up: on the platform an extension grants it where the catalog does not.
      await session.database?.query("set local session_replication_role = replica");
      return { verdict: "passed", seen: `${role} may load rows with triggers off`, fix: null };
    } catch (error) {
      if (sqlStateOf(error) !== "42501") throw error;
      return { verdict: "failed", seen: `role ${role} may not set session_replication_role: drills and restores will fail`, fix: `grant set on parameter session_replication_role to ${quote(role)};   -- as a superuser` };
    } finally {
      await session.database?.query("rollback");
    }
  },
};
