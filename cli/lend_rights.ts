import type { Client } from "pg";
import { closeClient } from "../functions/_shared/database/close_client.ts";
import { sqlStateOf } from "../functions/_shared/errors/from_postgres.ts";
import type { SchemaAction } from "../functions/_shared/restore/plan_schema.ts";

/**
 * Statements that supautils lets the role of a hosted project run, and that run no code of the project: a drill has to make
 * what they make, and a backup may be forged. The validator of a foreign data wrapper would be such code.
 */
const LENT = [
  /^(CREATE|ALTER) POLICY /, /^CREATE (CONSTRAINT )?TRIGGER /, /^CREATE EVENT TRIGGER /, /^(CREATE|ALTER) PUBLICATION /, /^COMMENT ON (POLICY|TRIGGER|EVENT TRIGGER|PUBLICATION) /,
  /^CREATE FOREIGN DATA WRAPPER (?![^]*\bVALIDATOR\b)/, /^CREATE SERVER /,
];

const OWN_VALIDATOR_SQL = `
  select from pg_catalog.pg_foreign_data_wrapper w join pg_catalog.pg_proc p on p.oid = w.fdwvalidator join pg_catalog.pg_language l on l.oid = p.prolang
  where l.lanname not in ('c', 'internal')`;

/**
 * Does for role postgres what a server without supautils denies it: a superuser of the throw-away server makes it one for the
 * statement, within a transaction, so that no other session ever sees it as one. False where the statement is none of those
 * that are lent, or fails as well.
 *
 * @param open a session of the superuser
 */
export async function lendRights(open: () => Promise<Client>, { sql }: Pick<SchemaAction, "sql">): Promise<boolean> {
  // An event trigger is made and disabled in one go.
  const [, create = sql, disable] = /^(CREATE EVENT TRIGGER [^]*); (ALTER EVENT TRIGGER "(?:[^"]|"")*" DISABLE)$/.exec(sql) ?? [];
  if (!LENT.some((one) => one.test(create))) return false;
  const admin = await open();
  try {
    if (/^CREATE SERVER /.test(create) && (await admin.query(OWN_VALIDATOR_SQL)).rowCount !== 0) return false;
    // As a replica it hears of no event trigger either, whatever a forged backup has enabled. One role is changed by one session at a time.
    await admin.query("begin; lock table pg_catalog.pg_authid in share row exclusive mode; set local session_replication_role = replica; alter role postgres superuser; set local role postgres; set local search_path = pg_catalog");
    for (const [index, text] of [create, disable].entries()) {
      // What is prepared is one statement and no more, whatever is written after it.
      if (text !== undefined) await admin.query({ name: `lent ${index}`, text });
    }
    await admin.query("reset role; alter role postgres nosuperuser; commit");
    return true;
  } catch (error) {
    if (sqlStateOf(error) === undefined) throw error;
    return false;
  } finally {
    await closeClient(admin);
  }
}
