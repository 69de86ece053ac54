import { escapeIdentifier, escapeLiteral } from "pg";
import { z } from "zod";

const role = z.object({
  name: z.string(), login: z.boolean(), inherit: z.boolean(), create_role: z.boolean(), create_db: z.boolean(),
  connection_limit: z.number(), valid_until: z.string().optional(), settings: z.array(z.string()).optional(),
  password_verifier: z.string().optional(), comment: z.string().optional(),
});

const membership = z.object({ role: z.string(), member: z.string(), admin: z.boolean() });

/** Role null is public. */
const parameterPrivilege = z.object({
  parameter: z.string(), role: z.string().nullable(), privilege: z.enum(["set", "alter system"]), grantable: z.boolean(),
});

export type Role = z.infer<typeof role>;
export type Membership = z.infer<typeof membership>;
export type ParameterPrivilege = z.infer<typeof parameterPrivilege>;

/** What render needs of backup.globals(). */
export const globalsSchema = z.looseObject({
  roles: z.array(role),
  memberships: z.array(membership),
  parameter_privileges: z.array(parameterPrivilege).default([]),
});

/** Roles the platform creates by itself. A new project has them, and its owner may not change them. */
const PLATFORM_ROLE = /^(anon|authenticated|authenticator|service_role|postgres|dashboard_user|pgbouncer|cli_login_.*|supabase_.*|pgsodium_.*|pgtle_admin|pg_.*)$/;

function attributes(one: Role): string {
  // SUPERUSER, REPLICATION and BYPASSRLS are left out: the role that restores may not grant them, not even as their negation.
  const words = [one.login ? "login" : "nologin", one.inherit ? "inherit" : "noinherit",
    one.create_role ? "createrole" : "nocreaterole", one.create_db ? "createdb" : "nocreatedb"];
  if (one.connection_limit !== -1) words.push(`connection limit ${one.connection_limit}`);
  if (one.valid_until !== undefined) words.push(`valid until ${escapeLiteral(one.valid_until)}`);
  if (one.password_verifier !== undefined) words.push(`password ${escapeLiteral(one.password_verifier)}`);
  return words.join(" ");
}

/** Settings whose value is a list: the catalog keeps it as quoted items, and `set` would take that text for one item. */
const LIST_SETTING = /^(search_path|session_preload_libraries|shared_preload_libraries|local_preload_libraries|temp_tablespaces|unix_socket_directories)$/i;

/** Items as literals, since an empty item is a valid value and no valid identifier. */
function listValue(value: string): string {
  const items = [...value.matchAll(/"((?:[^"]|"")*)"|[^",\s]+/g)].map(([item, quoted]) => quoted?.replaceAll('""', '"') ?? item);
  return items.length === 0 ? "''" : items.map(escapeLiteral).join(", ");
}

/**
 * Statement that stores a setting as the catalog lists it.
 *
 * @param owner what it is stored for, as `alter` names it: `role x`, `database y`, `role x in database y`
 */
export function settingStatement(owner: string, entry: string): string {
  const at = entry.indexOf("=");
  const key = entry.slice(0, at);
  const value = entry.slice(at + 1);
  const parameter = key.split(".").map(escapeIdentifier).join(".");
  return `alter ${owner} set ${parameter} to ${LIST_SETTING.test(key) ? listValue(value) : escapeLiteral(value)};`;
}

/** Whether the platform creates a role of this name by itself. */
export function isPlatformRole(name: string): boolean {
  return PLATFORM_ROLE.test(name);
}

/** Statements that create a role and give it its settings and comment, the creation first. */
export function roleStatements(one: Role): [string, ...string[]] {
  return [
    `create role ${escapeIdentifier(one.name)} with ${attributes(one)};`,
    ...(one.settings ?? []).map((entry) => settingStatement(`role ${escapeIdentifier(one.name)}`, entry)),
    ...(one.comment === undefined ? [] : [`comment on role ${escapeIdentifier(one.name)} is ${escapeLiteral(one.comment)};`]),
  ];
}

export function membershipStatement(grant: Membership): string {
  return `grant ${escapeIdentifier(grant.role)} to ${escapeIdentifier(grant.member)}${grant.admin ? " with admin option" : ""};`;
}

export function parameterStatement(grant: ParameterPrivilege): string {
  const parameter = grant.parameter.split(".").map(escapeIdentifier).join(".");
  const grantee = grant.role === null ? "public" : escapeIdentifier(grant.role);
  return `grant ${grant.privilege} on parameter ${parameter} to ${grantee}${grant.grantable ? " with grant option" : ""};`;
}

/** SQL that creates the project's own roles, their memberships, settings and privileges on parameters. Platform roles are left as they are. */
export function renderRoles(globals: z.infer<typeof globalsSchema>): string {
  const own = globals.roles.filter((one) => !isPlatformRole(one.name));
  const names = new Set(own.map((one) => one.name));
  return [
    "-- Roles of the backed up database, without those Supabase creates by itself.",
    ...own.flatMap(roleStatements),
    ...globals.memberships.filter((grant) => names.has(grant.role) || names.has(grant.member)).map(membershipStatement),
    ...globals.parameter_privileges.filter((grant) => grant.role === null || names.has(grant.role)).map(parameterStatement),
    "",
  ].join("\n");
}
