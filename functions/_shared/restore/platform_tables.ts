import type { Client } from "pg";
import { tableKey } from "../export/build_manifest.ts";
import { PLATFORM_OWNER } from "../schema/platform_owner.ts";
import type { TargetInfo } from "./target.ts";

/**
 * Tables that the target's platform has made, by their keys, and whether the role of the restore may insert into them. That the
 * role may create nothing in a schema does not make it the platform's: another role of the project may own it.
 */
export async function platformTables(client: Client, { platformSchemas }: Pick<TargetInfo, "platformSchemas">): Promise<Map<string, { mayInsert: boolean }>> {
  const { rows } = await client.query<{ schema: string; name: string; owner: string; may_insert: boolean }>(
    `select n.nspname as schema, c.relname as name, r.rolname as owner, pg_catalog.has_table_privilege(c.oid, 'insert') as may_insert
     from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace join pg_catalog.pg_roles r on r.oid = c.relowner
     where n.nspname = any ($1) and c.relkind in ('r', 'p')`, [platformSchemas]);
  return new Map(rows.filter(({ owner }) => PLATFORM_OWNER.test(owner)).map((one) => [tableKey(one.schema, one.name), { mayInsert: one.may_insert }]));
}
