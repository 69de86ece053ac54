import type { Client } from "pg";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { quietly } from "./quietly.ts";
import type { LeftOut, RestorePhase } from "./restore_context.ts";
import type { TargetInfo } from "./target.ts";

/** What a restore in a target is of. A later call continues only the same. */
export interface RestoreIdentity {
  runId: string;
  manifestSha256: string;
  /** Everything that decides which rows and objects are wanted, as JSON. */
  options: Readonly<Record<string, unknown>>;
}

/** The unfinished restore of a target. */
export interface RestoreState extends RestoreIdentity {
  /** The one that began last. */
  phase: RestorePhase | null;
  startedAt: string;
  /** Seconds spent in each phase, over all calls. */
  phaseSeconds: Partial<Record<RestorePhase, number>>;
  /** Roles that the role of the restore became a member of for it, or was about to. */
  actingAs: string[];
  /** What stays behind, as far as later calls cannot find it out again. */
  leftOut: LeftOut[];
}

interface StateRow {
  run_id: string;
  manifest_sha256: string;
  options: Record<string, unknown>;
  phase: RestorePhase | null;
  started_at: string;
  phase_seconds: Partial<Record<RestorePhase, number>>;
  acting_as: string[];
  left_out: LeftOut[];
}

/** Locks are per database; any number that nothing else uses. */
const LOCK = 4_021_978_003;
const LOCK_WAIT = "15s";

/**
 * One transaction, so that there is all of it or nothing. Default privileges may grant to others what this role creates,
 * so every grant but the owner's is taken back: who can write here decides which rows a restore believes it has.
 */
const CREATE_STATE = `
  create schema holdfast_restore;
  create table holdfast_restore.restore (
    one boolean primary key default true check (one), run_id text not null, manifest_sha256 text not null, options jsonb not null,
    phase text, started_at timestamptz not null default pg_catalog.now(), phase_seconds jsonb not null default '{}',
    acting_as text[] not null default '{}', left_out jsonb not null default '[]');
  create table holdfast_restore.chunks (key text primary key, rows bigint not null);
  do $$
  declare
    v_grant record;
  begin
    for v_grant in
      select distinct 'schema holdfast_restore' as object, pg_catalog.quote_ident(r.rolname) as grantee
      from pg_catalog.pg_namespace n cross join lateral pg_catalog.aclexplode(n.nspacl) a left join pg_catalog.pg_roles r on r.oid = a.grantee
      where n.nspname = 'holdfast_restore' and a.grantee <> n.nspowner
      union
      select 'table ' || c.oid::regclass, pg_catalog.quote_ident(r.rolname)
      from pg_catalog.pg_class c cross join lateral pg_catalog.aclexplode(c.relacl) a left join pg_catalog.pg_roles r on r.oid = a.grantee
      where c.relnamespace = 'holdfast_restore'::regnamespace and c.relkind = 'r' and a.grantee <> c.relowner
    loop
      execute pg_catalog.format('revoke all on %s from %s cascade', v_grant.object, coalesce(v_grant.grantee, 'public'));
    end loop;
  end
  $$;
  comment on schema holdfast_restore is 'Progress of a restore by Holdfast. It is dropped when the proof has passed.';`;

function refused(message: string, detail: string, hint: string): HoldfastError {
  return new HoldfastError("HF503", message, { detail, hint });
}

/**
 * Takes the lock of this target's restore for the rest of the session. A session whose process was killed holds it until
 * the server has noticed, so it is waited for. What was seen of the target before this may have been changed by the restore
 * that was waited for.
 *
 * @throws {HoldfastError} HF503 another restore is running.
 */
export async function lockTarget(client: Client): Promise<void> {
  // The server looks for a dead client while it works, so that a killed restore does not hold the lock until the end of an index.
  await client.query("set client_connection_check_interval = '2s'").catch(() => undefined);
  await client.query(`set lock_timeout = '${LOCK_WAIT}'`);
  try {
    await client.query("select pg_catalog.pg_advisory_lock($1)", [LOCK]);
  } catch (error) {
    if (typeof error !== "object" || error === null || Reflect.get(error, "code") !== "55P03") throw error;
    throw refused("Another restore is running into this database", `Its session held the lock for ${LOCK_WAIT}.`,
      "Wait until it has ended, or end its session; pg_stat_activity shows it as holdfast.");
  } finally {
    await client.query("set lock_timeout = 0").catch(() => undefined);
  }
}

/**
 * The unfinished restore of this target, null if there is none.
 *
 * @throws {HoldfastError} HF503 if schema holdfast_restore belongs to another role or is not that of a restore.
 */
export async function readRestoreState(client: Client): Promise<RestoreState | null> {
  const { rows: [schema] } = await client.query<{ mine: boolean; complete: boolean }>(
    `select pg_catalog.pg_has_role(n.nspowner, 'usage') as mine,
            (select count(*) = 2 from pg_catalog.pg_class c where c.relnamespace = n.oid and c.relname in ('restore', 'chunks') and c.relkind = 'r') as complete
     from pg_catalog.pg_namespace n where n.nspname = 'holdfast_restore'`);
  if (schema === undefined) return null;
  if (!schema.mine || !schema.complete) {
    throw refused("Schema holdfast_restore of the target is not that of a restore", schema.mine ? "It lacks its tables." : "It belongs to another role.",
      "Restore as the role that began, or drop the schema if nobody needs it.");
  }
  const { rows: [row] } = await client.query<StateRow>(
    "select r.run_id, r.manifest_sha256, r.options, r.phase, r.started_at::text, r.phase_seconds, r.acting_as, r.left_out from holdfast_restore.restore r");
  if (row === undefined) return null;
  return { runId: row.run_id, manifestSha256: row.manifest_sha256, options: row.options, phase: row.phase, startedAt: row.started_at, phaseSeconds: row.phase_seconds,
    actingAs: row.acting_as, leftOut: row.left_out };
}

async function createState(client: Client, identity: RestoreIdentity, target: Pick<TargetInfo, "mayReplicate">): Promise<void> {
  await client.query(`begin; ${quietly(target)}`);
  try {
    await client.query(CREATE_STATE);
    await client.query("insert into holdfast_restore.restore (run_id, manifest_sha256, options) values ($1, $2, $3)",
      [identity.runId, identity.manifestSha256, JSON.stringify(identity.options)]);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}

/**
 * Begins a restore in the target, or continues the one that is there. From here on this session holds the target's lock.
 *
 * @param target whether the role may set `session_replication_role`
 * @throws {HoldfastError} HF503 if another run or other options were begun, another restore is running, or the schema is not ours.
 */
export async function openRestoreState(client: Client, identity: RestoreIdentity, target: Pick<TargetInfo, "mayReplicate"> = { mayReplicate: false }): Promise<RestoreState> {
  await lockTarget(client);
  const found = await readRestoreState(client);
  if (found === null) {
    await createState(client, identity, target);
    const made = await readRestoreState(client);
    if (made === null) throw new Error("The state of the restore is gone as soon as it was made");
    return made;
  }
  const discard = "Continue that restore, or drop schema holdfast_restore and what it has restored so far.";
  if (found.runId !== identity.runId || found.manifestSha256 !== identity.manifestSha256) {
    throw refused(`Cannot continue as the target holds an unfinished restore of run ${found.runId}`, `It began at ${found.startedAt}.`, discard);
  }
  const { rows: [compared] } = await client.query<{ same: boolean }>(
    "select r.options = $1::jsonb as same from holdfast_restore.restore r", [JSON.stringify(identity.options)]);
  if (compared?.same !== true) {
    throw refused("Cannot continue with other options than the restore began with", `It began at ${found.startedAt}.`, discard);
  }
  return found;
}

/** Notes the phase that begins. */
export async function enterPhase(client: Client, phase: RestorePhase): Promise<void> {
  await client.query("update holdfast_restore.restore set phase = $1", [phase]);
}

/** Adds the seconds that a phase took in this call. */
export async function recordPhase(client: Client, phase: RestorePhase, seconds: number): Promise<void> {
  await client.query(
    `update holdfast_restore.restore r set phase_seconds = r.phase_seconds
       || pg_catalog.jsonb_build_object($1::text, coalesce((r.phase_seconds ->> $1)::numeric, 0) + $2::numeric)`,
    [phase, seconds]);
}

/** Notes a role before the role of the restore becomes a member of it. */
export async function rememberActingAs(client: Client, role: string): Promise<void> {
  await client.query("update holdfast_restore.restore r set acting_as = r.acting_as || $1::text where not $1 = any (r.acting_as)", [role]);
}

/** Keeps what stays behind for the calls that continue. */
export async function keepLeftOut(client: Client, leftOut: readonly LeftOut[]): Promise<void> {
  await client.query("update holdfast_restore.restore set left_out = $1::jsonb", [JSON.stringify(leftOut)]);
}

/** Keys of the objects whose rows are in the target. */
export async function loadedChunks(client: Client): Promise<Set<string>> {
  const { rows } = await client.query<{ key: string }>("select c.key from holdfast_restore.chunks c");
  return new Set(rows.map(({ key }) => key));
}

/**
 * Removes the state, when nobody will continue: after a passed proof.
 *
 * @param target whether the role may set `session_replication_role`
 * @param last done in the same transaction, when nothing is left to do but this
 */
export async function dropRestoreState(client: Client, target: Pick<TargetInfo, "mayReplicate">, last: () => Promise<void> = () => Promise.resolve()): Promise<void> {
  try {
    // Its tables are no news to anybody who sees the notices.
    await client.query(`begin; ${quietly(target)}drop table if exists holdfast_restore.chunks, holdfast_restore.restore; drop schema if exists holdfast_restore`);
    await last();
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}
