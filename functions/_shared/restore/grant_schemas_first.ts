import type { StableId } from "@supabase/pg-delta/core";
import type { Action } from "@supabase/pg-delta/plan";
import { escapeIdentifier } from "pg";

/** The schema whose rights a statement changes; null for any other statement. */
function schemaOfGrant({ sql, produces, destroys, consumes }: Action): string | null {
  if (!/^(GRANT|REVOKE) .* ON SCHEMA /.test(sql)) return null;
  const about = [...produces, ...destroys, ...consumes].map((id): StableId => (id.kind === "acl" ? id.target : id)).find((id) => id.kind === "schema");
  return about?.kind === "schema" ? about.name : null;
}

/** Whether a statement of GRANT or REVOKE is about what this role may do. */
export function isAbout(sql: string, role: string): boolean {
  return sql.replace(/ WITH GRANT OPTION$/, "").endsWith(` ${escapeIdentifier(role)}`);
}

/**
 * Moves what others may do in a schema to where the schema is made, or to the front where it is there: an object can be handed only to
 * who may create one in its schema. What the role of the restore may do stays where it is, since it has to make everything else first.
 */
export function grantSchemasFirst(actions: readonly Action[], role: string): Action[] {
  const makers = new Map(actions.flatMap(({ verb, produces }, index) => (verb === "create" ? produces.flatMap((id) => (id.kind === "schema" ? [[id.name, index] as const] : [])) : [])));
  const moved = new Map<number, Action[]>();
  const stays = actions.filter((action) => {
    const schema = schemaOfGrant(action);
    if (schema === null || isAbout(action.sql, role)) return true;
    const place = makers.get(schema) ?? -1;
    moved.set(place, [...moved.get(place) ?? [], action]);
    return false;
  });
  const placeOf = new Map(actions.map((action, index) => [action, index]));
  return [...moved.get(-1) ?? [], ...stays.flatMap((action) => [action, ...moved.get(placeOf.get(action) ?? -2) ?? []])];
}
