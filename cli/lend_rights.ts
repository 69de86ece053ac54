import { type Client, escapeIdentifier } from "pg";
import { closeClient } from "../functions/_shared/database/close_client.ts";
import { sqlStateOf } from "../functions/_shared/errors/from_postgres.ts";
import type { SchemaAction } from "../functions/_shared/restore/plan_schema.ts";

/** Sessions in the throw-away database. */
export interface LendingSessions {
  /** Of its superuser. */
  openAdmin(): Promise<Client>;
  /** Of role postgres, which the restore has. */
  openOwn(): Promise<Client>;
}

/**
 * Does for role postgres what supautils lets it do on the hosted platform and a server without supautils denies. A backup may be
 * forged, so no code of it may ever run as a superuser: what holds an expression is done by postgres itself as a passing member of
 * the table's owner, and only statements without any are run by a superuser. False where the statement is none of those that are
 * lent, or fails as well. One call at a time.
 */
export async function lendRights(sessions: LendingSessions, { sql, subject }: Pick<SchemaAction, "sql" | "subject">): Promise<boolean> {
  const about = subject.kind === "comment" ? subject.target : subject;
  if (about.kind === "policy" || about.kind === "trigger") return asMemberOfOwner(sessions, about, sql);
  const statements = harmless(sql);
  return statements !== null && asSuperuser(sessions, statements);
}

/** Policies and triggers have expressions, whose literals are read by functions of their types as soon as they are parsed. */
async function asMemberOfOwner(sessions: LendingSessions, { schema, table }: { schema: string; table: string }, sql: string): Promise<boolean> {
  const admin = await sessions.openAdmin();
  try {
    const { rows: [owner] } = await admin.query<{ name: string }>(
      `select r.rolname as name from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace join pg_catalog.pg_roles r on r.oid = c.relowner
       where n.nspname = $1 and c.relname = $2 and not r.rolsuper and not pg_catalog.pg_has_role('postgres', r.oid, 'member')`, [schema, table]);
    if (owner === undefined) return false;
    await admin.query(`grant ${escapeIdentifier(owner.name)} to postgres`);
    try {
      const own = await sessions.openOwn();
      return await succeeds(own, [sql]).finally(() => closeClient(own));
    } finally {
      await admin.query(`revoke ${escapeIdentifier(owner.name)} from postgres`);
    }
  } finally {
    await closeClient(admin);
  }
}

const OWN_VALIDATOR_SQL = `
  select from pg_catalog.pg_foreign_data_wrapper w join pg_catalog.pg_proc p on p.oid = w.fdwvalidator join pg_catalog.pg_language l on l.oid = p.prolang
  where l.lanname not in ('c', 'internal')`;

/** What a statement says besides names and texts, which may hold anything. */
function outsideOfQuotes(sql: string): string {
  return sql.replace(/"(?:[^"]|"")*"|'(?:[^']|'')*'/g, "q");
}

/** The statements that a superuser may run, because they have no expression and call no function; null if there is doubt. */
function harmless(sql: string): string[] | null {
  // An event trigger is made and disabled in one go: enabled, it would be called by what is lent next.
  const pair = /^(CREATE EVENT TRIGGER [^]*); (ALTER EVENT TRIGGER "(?:[^"]|"")*" DISABLE)$/.exec(sql);
  if (pair !== null) return pair.slice(1, 3);
  // Texts with escapes are not told from what is outside of them.
  const words = outsideOfQuotes(sql);
  if (sql.includes("\\") || words.includes("$")) return null;
  const isHarmless = (/^(CREATE|ALTER) PUBLICATION /.test(words) && !/\bWHERE\b/i.test(words))
    || (/^CREATE FOREIGN DATA WRAPPER /.test(words) && !/\bVALIDATOR\b/i.test(words)) || /^CREATE SERVER /.test(words);
  return isHarmless ? [sql] : null;
}

/** A superuser makes postgres one for the statement, within a transaction, so that no other session ever sees it as one. */
async function asSuperuser(sessions: LendingSessions, statements: readonly string[]): Promise<boolean> {
  const admin = await sessions.openAdmin();
  try {
    // CREATE SERVER calls the validator of its wrapper.
    if ((await admin.query(OWN_VALIDATOR_SQL)).rowCount !== 0) return false;
    // One role is changed by one session at a time.
    await admin.query("begin; lock table pg_catalog.pg_authid in share row exclusive mode; set local session_replication_role = replica; alter role postgres superuser; set local role postgres; set local search_path = pg_catalog");
    return await succeeds(admin, statements, "reset role; alter role postgres nosuperuser; commit");
  } finally {
    await closeClient(admin);
  }
}

/** Runs statements, each of them one and no more whatever is written after it. False where the server refuses one. */
async function succeeds(client: Client, statements: readonly string[], then?: string): Promise<boolean> {
  try {
    // What is prepared is a single statement.
    for (const [index, text] of statements.entries()) await client.query({ name: `lent ${index}`, text });
    if (then !== undefined) await client.query(then);
    return true;
  } catch (error) {
    if (sqlStateOf(error) === undefined) throw error;
    return false;
  }
}
