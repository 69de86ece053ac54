import type { Client } from "pg";
import { readDatabaseIdentity } from "../database/database_identity.ts";
import { sqlStateOf } from "../errors/from_postgres.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { PLATFORM_OWNER } from "../schema/platform_owner.ts";
import type { Backup } from "./backup_source.ts";
import { firingEventTriggers } from "./firing_event_triggers.ts";
import { quietly } from "./quietly.ts";

/** An event trigger as the catalog has it: its event, and when it is called (O as usual, A always, R by replicas). */
export interface EventTrigger {
  name: string;
  event: string;
  enabled: string;
}

/** What a target is and what its role may do, found by looking and by trying, never by assuming a platform. */
export interface TargetInfo {
  database: string;
  /** Of the cluster; null where the role may not ask. With the database's oid it recognises the source. */
  systemIdentifier: string | null;
  databaseOid: number;
  encoding: string;
  version: string;
  versionNum: number;
  role: string;
  isSuperuser: boolean;
  /** Whether schemas can be created in this database. */
  mayCreate: boolean;
  /** Schemas that belong to somebody else, such as auth and storage of a Supabase project: rows only, no DDL of their own objects. */
  platformSchemas: readonly string[];
  /** Whether `session_replication_role = replica` was tried and worked. */
  mayReplicate: boolean;
  /** Those that are enabled and belong neither to an extension nor to the platform: any DDL would call them. */
  eventTriggers: readonly EventTrigger[];
  /** Roles that exist, and whether this role can act as each: may give objects to it and change its objects. */
  roles: ReadonlyMap<string, { isMember: boolean }>;
  /** Extensions the server knows, with their default version. */
  availableExtensions: ReadonlyMap<string, string>;
  installedExtensions: ReadonlyMap<string, string>;
  /** Extensions the server knows and this role was able to create, tried for those asked for. */
  creatableExtensions: ReadonlySet<string>;
  /** Tables with a purpose of their own: not Holdfast's, an extension's or the platform's. */
  userTables: readonly string[];
  hasPgCron: boolean;
  /** Schema backup with its functions is there. */
  hasHoldfast: boolean;
  /** A restore was begun here and has not been proven. */
  hasRestoreState: boolean;
}

/** Schemas of the hosted platform, of Holdfast and of a restore under way. Tables in them are nobody's who could mind a restore. */
const PLATFORM = ["auth", "storage", "realtime", "_realtime", "_analytics", "_supavisor", "vault", "cron", "net", "extensions", "graphql",
  "graphql_public", "pgbouncer", "pgsodium", "pgsodium_masks", "pgtle", "supabase_functions", "supabase_migrations", "etl", "dbdev", "repack"];
const OURS = ["backup", "backup_tests", "holdfast_restore"];

// Asked of the catalog: to_regclass() fails where the role may not use the schema.
const FACTS_SQL = `
  select current_database() as database, current_setting('server_encoding') as encoding, current_setting('server_version') as version,
         current_setting('server_version_num')::integer as version_num, current_user::text as role,
         (select r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user) as is_superuser,
         has_database_privilege(current_database(), 'create') as may_create,
         exists (select from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
                 where n.nspname = 'cron' and p.proname = 'schedule') as has_pg_cron,
         exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                 where n.nspname = 'backup' and c.relname = 'settings') as has_holdfast,
         exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                 where n.nspname = 'holdfast_restore' and c.relname = 'restore') as has_restore_state`;

// From 16 on a member may be one without being allowed to act as the role.
const ROLES_SQL = `
  select r.rolname as name, pg_has_role(current_user, r.oid, case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end) as is_member
  from pg_catalog.pg_roles r`;

const SCHEMAS_SQL = `
  select n.nspname as name, has_schema_privilege(n.oid, 'create') as may_create, o.rolname as owner
  from pg_catalog.pg_namespace n join pg_catalog.pg_roles o on o.oid = n.nspowner
  where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;

const TABLES_SQL = `
  select format('%I.%I', n.nspname, c.relname) as name
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'f', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and n.nspname <> all ($1)
    and not exists (select from pg_catalog.pg_depend d
                    where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  order by 1`;

const EVENT_TRIGGERS_SQL = `
  select e.evtname as name, e.evtevent as event, e.evtenabled::text as enabled, pg_get_userbyid(e.evtowner) as owner
  from pg_catalog.pg_event_trigger e
  where e.evtenabled <> 'D'
    and not exists (select from pg_catalog.pg_depend d
                    where d.classid = 'pg_catalog.pg_event_trigger'::regclass and d.objid = e.oid and d.deptype = 'e')
  order by 1`;

/** Owners of event triggers that make a platform work: they grant rights on new extensions and tell the API of new tables. */
const TRIGGER_OWNER = /^(supabase_.*admin|rds.*|azure.*|cloudsql.*|cloud_admin)$/;

/**
 * Looks at a target. Leaves nothing behind; what can only be found by trying is tried in a transaction that is rolled back.
 *
 * @param wantedExtensions extensions whose creation is tried
 */
export async function inspectTarget(client: Client, wantedExtensions: readonly string[] = []): Promise<TargetInfo> {
  const { rows: [facts] } = await client.query<{
    database: string; encoding: string; version: string; version_num: number; role: string; is_superuser: boolean; may_create: boolean;
    has_pg_cron: boolean; has_holdfast: boolean; has_restore_state: boolean;
  }>(FACTS_SQL);
  if (facts === undefined) throw new Error("The target did not answer");
  const identity = await readDatabaseIdentity(client);
  const { rows: roles } = await client.query<{ name: string; is_member: boolean }>(ROLES_SQL);
  const { rows: schemas } = await client.query<{ name: string; may_create: boolean; owner: string }>(SCHEMAS_SQL);
  const { rows: tables } = await client.query<{ name: string }>(TABLES_SQL, [[...PLATFORM, ...OURS]]);
  const { rows: extensions } = await client.query<{ name: string; version: string; installed: string | null }>(
    "select e.name, e.default_version as version, e.installed_version as installed from pg_catalog.pg_available_extensions e");
  const { rows: installed } = await client.query<{ name: string; version: string }>("select e.extname as name, e.extversion as version from pg_catalog.pg_extension e");
  const { rows: triggers } = await client.query<EventTrigger & { owner: string }>(EVENT_TRIGGERS_SQL);
  const eventTriggers = triggers.filter(({ owner }) => !TRIGGER_OWNER.test(owner)).map(({ name, event, enabled }) => ({ name, event, enabled }));
  const installedExtensions = new Map(installed.map((one) => [one.name, one.version]));
  const creatableExtensions = new Set<string>();
  const mayReplicate = await works(client, "set local session_replication_role = replica");
  // Nothing is tried where that would call somebody's function, which no rollback undoes: a restore is refused there.
  const isQuiet = firingEventTriggers(eventTriggers, mayReplicate).length === 0;
  for (const name of isQuiet ? wantedExtensions : []) {
    if (installedExtensions.has(name)) continue;
    if (await works(client, `${quietly({ mayReplicate })}set local search_path = public; create extension ${client.escapeIdentifier(name)} cascade`)) creatableExtensions.add(name);
  }
  return {
    database: facts.database, systemIdentifier: identity.system_identifier, databaseOid: identity.database_oid, encoding: facts.encoding,
    version: facts.version, versionNum: facts.version_num, role: facts.role, isSuperuser: facts.is_superuser, mayCreate: facts.may_create,
    // Where a superuser looks at a project, who may create says nothing; who owns does.
    platformSchemas: schemas.filter((one) => !OURS.includes(one.name)
      && (!one.may_create || (facts.is_superuser && PLATFORM.includes(one.name) && PLATFORM_OWNER.test(one.owner)))).map((one) => one.name).sort(),
    mayReplicate, eventTriggers,
    roles: new Map(roles.map((one) => [one.name, { isMember: one.is_member }])),
    availableExtensions: new Map(extensions.map((one) => [one.name, one.version])), installedExtensions, creatableExtensions,
    userTables: tables.map((one) => one.name),
    hasPgCron: facts.has_pg_cron, hasHoldfast: facts.has_holdfast, hasRestoreState: facts.has_restore_state,
  };
}

/** Whether the server accepts a statement, which is undone in any case. */
async function works(client: Client, statement: string): Promise<boolean> {
  await client.query("begin");
  try {
    await client.query(statement);
    return true;
  } catch (error) {
    if (sqlStateOf(error) === undefined) throw error;
    return false;
  } finally {
    await client.query("rollback");
  }
}

export interface CheckTargetOptions {
  /** Name of the database as the caller gave it, to say that its tables are known of. */
  intoExisting: string | null;
  /** The target's own record says that this restore point is being restored here. */
  resuming: boolean;
}

const refuse = (message: string, detail: string | undefined, hint: string) => new HoldfastError("HF502", message, { detail, hint });

/**
 * Refuses targets in which a restore would destroy something or could not end well.
 *
 * @throws {HoldfastError} HF502 the source itself, an older server, another encoding, tables that nobody named, missing rights.
 */
export async function checkTarget(client: Client, backup: Backup, target: TargetInfo, options: CheckTargetOptions): Promise<void> {
  const { server, run_id: runId } = backup.manifest;
  const sameIdentity = server.system_identifier !== undefined && server.system_identifier === target.systemIdentifier
    && server.database_oid === target.databaseOid;
  // Servers made from one image of a disk share an identity, and so does a copy that was emptied: with nothing in it there is
  // nothing to destroy.
  const isSource = sameIdentity && target.userTables.length > 0 && !options.resuming;
  if (isSource || (!target.hasRestoreState && target.hasHoldfast && await ledgerHolds(client, runId))) {
    throw refuse(`Database "${target.database}" is the one that was backed up, or a physical copy of it`, undefined,
      "Restore into another database, and move what is needed from there.");
  }
  if (Math.floor(target.versionNum / 10_000) < Math.floor(server.version_num / 10_000)) {
    throw refuse(`PostgreSQL ${target.version} is older than that of the backup`, `The backup was made on ${server.version}.`,
      "Use a server of the same or a newer major version.");
  }
  const encoding = server.settings["server_encoding"];
  if (encoding !== undefined && encoding !== target.encoding) {
    throw refuse(`Database "${target.database}" has encoding ${target.encoding}`, `The backup was made in ${encoding}.`,
      `Create the target with encoding '${encoding}' from template0.`);
  }
  if (!target.mayCreate) {
    throw refuse(`Role ${target.role} may not create schemas in database "${target.database}"`, undefined,
      `Run grant create on database "${target.database}" to ${target.role}, or connect as its owner.`);
  }
  if (options.resuming || target.userTables.length === 0 || options.intoExisting === target.database) return;
  const some = target.userTables.slice(0, 5).join(", ");
  const more = target.userTables.length > 5 ? ` and ${target.userTables.length - 5} more` : "";
  throw refuse(`Database "${target.database}" is not empty`, `It has ${some}${more}.`,
    `Name an empty database. holdfast restore fills this one with --into-existing ${target.database}; a drill never does.`);
}

async function ledgerHolds(client: Client, runId: string): Promise<boolean> {
  try {
    const { rows } = await client.query("select from backup.runs r where r.run_id = $1", [runId]);
    return rows.length > 0;
  } catch (error) {
    if (sqlStateOf(error) !== "42501") throw error;
    throw refuse("Cannot tell whether the target is the database that was backed up", "The role may not read backup.runs in it.",
      "Restore as the owner of schema backup, or into another database.");
  }
}
