import { type Client, escapeIdentifier } from "pg";
import { sqlStateOf } from "../errors/from_postgres.ts";
import { isPlatformRole, type Membership, membershipStatement, type ParameterPrivilege, parameterStatement, roleStatements } from "../export/render_roles.ts";
import { type Globals, readGlobals } from "./read_globals.ts";
import type { LeftOut, RestoreContext } from "./restore_context.ts";

type BackedUpRole = Globals["roles"][number];

/** Names that exist in every server, or belong to a login that the platform makes for minutes. */
const NEVER_MADE = /^(pg_|cli_login_)/;

/**
 * Creates the roles that the target lacks, with their settings, comments, memberships and privileges on parameters. Roles
 * that are there stay as they are. Roles of the platform are made without login, so that policies and grants can name them.
 *
 * All of it is one transaction: after an interruption a role without its settings would look like one that was there before.
 * SUPERUSER, REPLICATION and BYPASSRLS are never given, since they reach beyond this database; `leftOut` names who had them,
 * and everything the server refused.
 *
 * @throws {HoldfastError} HF501 if globals.json is missing or damaged.
 */
export async function restoreRoles(context: RestoreContext): Promise<void> {
  const globals = await readGlobals(context.backup);
  const { client } = context;
  await client.query("begin");
  try {
    const leftOut = await new RoleRestore(client, globals).run(context);
    await client.query("commit");
    context.leftOut.push(...leftOut);
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}

class RoleRestore {
  readonly #client: Client;
  readonly #globals: Globals;
  readonly #leftOut: LeftOut[] = [];

  constructor(client: Client, globals: Globals) {
    this.#client = client;
    this.#globals = globals;
  }

  async run(context: RestoreContext): Promise<LeftOut[]> {
    const { rows } = await this.#client.query<{ name: string; settings: string[] | null }>("select r.rolname as name, r.rolconfig as settings from pg_catalog.pg_roles r");
    const present = new Map(rows.map(({ name, settings }) => [name, settings ?? []]));
    this.#nameSettings(present);
    const made = new Set<string>();
    const missing = this.#globals.roles.filter((one) => !present.has(one.name) && !NEVER_MADE.test(one.name));
    for (const [index, role] of missing.entries()) {
      context.onProgress(index, missing.length, role.name);
      if (await (isPlatformRole(role.name) ? this.#makeBare(role) : this.#make(role))) made.add(role.name);
    }
    const own = new Set(this.#globals.roles.filter((one) => !isPlatformRole(one.name)).map((one) => one.name));
    for (const grant of this.#globals.memberships) {
      const concerns = [grant.role, grant.member].some((name) => own.has(name) || made.has(name));
      if (concerns) await this.#grant(grant);
    }
    for (const grant of this.#globals.parameter_privileges) {
      if (grant.role === null || own.has(grant.role)) await this.#grantParameter(grant);
    }
    return this.#leftOut;
  }

  /** Roles of the platform stay as they are; what is set for them may be the project's or another version of the platform. */
  #nameSettings(present: ReadonlyMap<string, readonly string[]>): void {
    for (const { name, settings } of this.#globals.roles) {
      const there = isPlatformRole(name) ? present.get(name) : undefined;
      const other = (settings ?? []).filter((entry) => there?.includes(entry) === false).map((entry) => entry.slice(0, entry.indexOf("=")));
      if (other.length === 0) continue;
      this.#leftOut.push({ reason: "platform", subject: `settings of role ${name}`,
        message: `The target keeps its own, and the backup has others: ${other.join(", ")}. What the project had changed is set again with alter role; globals.json.gz has the values.` });
    }
  }

  async #make(role: BackedUpRole): Promise<boolean> {
    const subject = `role ${role.name}`;
    const [create, ...rest] = roleStatements(role);
    const refusal = await this.#try(create);
    if (refusal !== null) {
      // Somebody else, such as another restore into this server, may have been faster.
      if (refusal !== "42710") this.#skip(subject, `The server refuses to create it (SQLSTATE ${refusal}).`);
      return false;
    }
    for (const statement of rest) {
      const state = await this.#try(statement);
      if (state !== null) this.#skip(subject, `The server refuses ${statement.startsWith("comment") ? "its comment" : `its setting ${nameOfSetting(statement)}`} (SQLSTATE ${state}).`);
    }
    const words = [role.superuser && "SUPERUSER", role.replication && "REPLICATION", role.bypass_rls && "BYPASSRLS"].filter(Boolean);
    if (words.length > 0) this.#skip(subject, `It had ${words.join(", ")}, which is not given back: grant it by hand if it is still wanted.`);
    if (role.login && role.password_verifier === undefined) {
      this.#leftOut.push({ reason: "secret", subject: `password of role ${role.name}`, message: "The backup does not hold it. Set one with alter role." });
    }
    return true;
  }

  async #makeBare(role: BackedUpRole): Promise<boolean> {
    const state = await this.#try(`create role ${escapeIdentifier(role.name)} with nologin ${role.inherit ? "inherit" : "noinherit"}`);
    this.#leftOut.push({ reason: "platform", subject: `role ${role.name}`,
      message: state === null ? "The platform makes it, and the target has no such role: it was made without login, so that grants and policies can name it."
        : `The platform makes it, and the server refuses to create it (SQLSTATE ${state}).` });
    return state === null;
  }

  async #grant(grant: Membership): Promise<void> {
    const state = await this.#try(membershipStatement(grant));
    if (state !== null) this.#skip(`membership of ${grant.member} in ${grant.role}`, `The server refuses it (SQLSTATE ${state}).`);
  }

  async #grantParameter(grant: ParameterPrivilege): Promise<void> {
    const state = await this.#try(parameterStatement(grant));
    if (state !== null) this.#skip(`privilege of ${grant.role ?? "public"} to ${grant.privilege} ${grant.parameter}`, `The server refuses it (SQLSTATE ${state}).`);
  }

  #skip(subject: string, message: string): void {
    this.#leftOut.push({ reason: "role", subject, message });
  }

  /** Null when it worked, otherwise the SQLSTATE; what came before stays. The server's words may quote a verifier. */
  async #try(statement: string): Promise<string | null> {
    await this.#client.query("savepoint holdfast_role");
    try {
      await this.#client.query(statement);
      await this.#client.query("release savepoint holdfast_role");
      return null;
    } catch (error) {
      const state = sqlStateOf(error);
      if (state === undefined) throw error;
      await this.#client.query("rollback to savepoint holdfast_role; release savepoint holdfast_role");
      return state;
    }
  }
}

function nameOfSetting(statement: string): string {
  return / set ((?:"(?:[^"]|"")*"\.?)+) to /.exec(statement)?.[1] ?? "";
}
