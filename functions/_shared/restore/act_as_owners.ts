import { type FactBase } from "@supabase/pg-delta/core";
import { escapeIdentifier, type Client } from "pg";
import { sqlStateOf } from "../errors/from_postgres.ts";
import { isPlatformRole } from "../export/render_roles.ts";
import type { TargetInfo } from "./target.ts";

/**
 * Lets the role of the restore act as the roles that own something in the backup: who made a role may hand it out, but from
 * PostgreSQL 16 on is no acting member of it. Never a role of the platform, which PostgreSQL 15 would hand to anybody who may
 * create roles, and with it the power over auth and storage. Returns the roles it became a member of, for `stopActingAs`.
 *
 * @param remember told of each role before it is granted, so that a call that follows a killed one knows what to take back
 */
export async function actAsOwners(client: Client, schema: FactBase, target: TargetInfo, remember: (role: string) => Promise<void>): Promise<string[]> {
  if (target.isSuperuser) return [];
  const owners = new Set<string>();
  for (const edge of schema.edges) if (edge.kind === "owner" && edge.to.kind === "role") owners.add(edge.to.name);
  const granted: string[] = [];
  for (const role of owners) {
    if (role === target.role || isPlatformRole(role) || target.roles.get(role)?.isMember !== false) continue;
    await remember(role);
    try {
      await client.query(`grant ${escapeIdentifier(role)} to current_user`);
      granted.push(role);
    } catch (error) {
      // It may not be handed out; its objects get another owner.
      if (sqlStateOf(error) === undefined) throw error;
    }
  }
  return granted;
}

/** Takes back what `actAsOwners` gave. */
export async function stopActingAs(client: Client, roles: readonly string[]): Promise<void> {
  for (const role of roles) await client.query(`revoke ${escapeIdentifier(role)} from current_user`);
}
