import type { Queryable } from "./queryable.ts";
import { sqlStateOf } from "../errors/from_postgres.ts";

/** Which database this is, wherever it is reached from. A physical copy of a cluster has the identity of its original. */
export interface DatabaseIdentity {
  /** Of the cluster, as text because it exceeds 2^53; null where the role may not ask. */
  system_identifier: string | null;
  database_oid: number;
}

/** Reads the identity of the database; outside of a transaction, which a refused question would abort. */
export async function readDatabaseIdentity(database: Queryable): Promise<DatabaseIdentity> {
  const { rows: [row] } = await database.query("select d.oid::bigint::float8 as oid from pg_catalog.pg_database d where d.datname = current_database()");
  const database_oid = Number((row as { oid?: unknown } | undefined)?.oid);
  try {
    const { rows: [control] } = await database.query("select c.system_identifier::text as id from pg_catalog.pg_control_system() c");
    const id = (control as { id?: unknown } | undefined)?.id;
    return { system_identifier: typeof id === "string" ? id : null, database_oid };
  } catch (error) {
    if (sqlStateOf(error) === "42501") return { system_identifier: null, database_oid };
    throw error;
  }
}
