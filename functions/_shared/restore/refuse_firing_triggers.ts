import { type Client, escapeIdentifier } from "pg";
import { HoldfastError } from "../errors/holdfast_error.ts";
import type { ManifestTable } from "../export/manifest.ts";
import type { Backup } from "./backup_source.ts";
import { chunksOf } from "./chunk_lists.ts";
import { enableWords } from "./enable_words.ts";
import { tableName } from "./table_name.ts";
import type { TargetInfo } from "./target.ts";

interface Firing {
  kind: "trigger" | "foreign key";
  name: string;
  schema: string;
  table: string;
  /** When a trigger fires, as the catalog has it. */
  enabled: string | null;
  /** Of the table that the key refers to, where its rows are restored too. */
  refers_to: { schema: string; name: string }[] | null;
}

/** Triggers that hear of rows that arrive. Triggers of constraints look only into the database. */
const TRIGGERS_SQL = `
  select 'trigger' as kind, t.tgname as name, n.nspname as schema, c.relname as table, t.tgenabled::text as enabled, null as refers_to
  from pg_catalog.jsonb_to_recordset($1::jsonb) as wanted(schema text, name text)
  join pg_catalog.pg_namespace n on n.nspname = wanted.schema join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = wanted.name
  join pg_catalog.pg_trigger t on t.tgrelid = c.oid
  where not t.tgisinternal and t.tgtype & 4 <> 0 and t.tgenabled::text = any ($2)
  order by 3, 4, 2`;

/** Foreign keys between tables whose rows are both restored; those of a partitioned table are in its partitions. */
const KEYS_SQL = `
  with wanted as (
    select n.nspname as schema, c.relname as name, c.oid
    from pg_catalog.jsonb_to_recordset($1::jsonb) as w(schema text, name text)
    join pg_catalog.pg_namespace n on n.nspname = w.schema join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = w.name)
  select 'foreign key' as kind, k.conname as name, w.schema, w.name as table, null as enabled, pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('schema', r.schema, 'name', r.name)) as refers_to
  from wanted w
  join pg_catalog.pg_constraint k on k.conrelid = w.oid and k.contype = 'f'
  join wanted r on r.oid = k.confrelid or k.confrelid in (select a.relid from pg_catalog.pg_partition_ancestors(r.oid) a)
  where exists (select from pg_catalog.pg_trigger t where t.tgconstraint = k.oid and t.tgrelid = k.conrelid and t.tgenabled in ('O', 'A'))
  group by 2, 3, 4
  order by 3, 4, 2`;

/**
 * Refuses to load rows into tables whose triggers would fire for them: they may call outward, and change what is restored.
 * Those of tables that the restore makes come after the rows. Where the role may set session_replication_role, only those
 * fire that are enabled for replicas. Where it may not, foreign keys are in force as well, and tables are loaded side by side in
 * the order of their size: keys between them would be broken on the way. A key to a table that is not restored holds.
 *
 * @param tables whose rows are wanted
 * @param loaded keys of the objects whose rows are in the target already
 * @throws {HoldfastError} HF502 naming them.
 */
export async function refuseFiringTriggers(
  client: Client, backup: Backup, tables: readonly ManifestTable[], target: Pick<TargetInfo, "mayReplicate" | "role">, loaded: ReadonlySet<string> = new Set(),
): Promise<void> {
  const names = JSON.stringify(tables.map(({ schema, name }) => ({ schema, name })));
  const found = (await client.query<Firing>(TRIGGERS_SQL, [names, target.mayReplicate ? ["A", "R"] : ["O", "A"]])).rows;
  if (!target.mayReplicate) found.push(...(await client.query<Firing>(KEYS_SQL, [names])).rows);
  if (found.length === 0) return;
  const open = new Map<string, number>();
  for (const table of tables) open.set(tableName(table), await chunksLeft(backup, table, loaded));
  const left = (schema: string, name: string) => open.get(tableName({ schema, name })) ?? 0;
  const firing = found.filter(({ schema, table, refers_to: others }) => left(schema, table) > 0 && (others === null
    // The rows of one statement may refer to each other.
    || others.some((one) => left(one.schema, one.name) > (one.schema === schema && one.name === table ? 1 : 0))));
  if (firing.length === 0) return;
  const alter = ({ kind, name, schema, table }: Firing, words: string) =>
    (kind === "trigger" ? [`alter table ${escapeIdentifier(schema)}.${escapeIdentifier(table)} ${words} trigger ${escapeIdentifier(name)};`] : []);
  const disable = firing.flatMap((one) => alter(one, "disable")).join(" ");
  const enable = firing.flatMap((one) => alter(one, enableWords(one.enabled) ?? "enable")).join(" ");
  const keys = firing.some(({ kind }) => kind === "foreign key") ? " Drop the foreign keys, and add them when it has ended." : "";
  const byHand = `${disable === "" ? "" : ` Disable the triggers for the restore: ${disable} Enable them when it has ended: ${enable}`}${keys} Or leave their tables out with --only.`;
  throw new HoldfastError("HF502", "Tables of the target have triggers or foreign keys that would fire for the rows", {
    detail: firing.slice(0, 10).map((one) => `${one.kind} ${one.name} of ${one.schema}.${one.table}`).join(", "),
    hint: (target.mayReplicate ? byHand
      : `Restore as a role that may set session_replication_role: a superuser can run grant set on parameter session_replication_role to ${escapeIdentifier(target.role)};${byHand}`).trim() });
}

/** Objects of a table that are still to be loaded. A list of them that cannot be read says so when it is needed. */
async function chunksLeft(backup: Backup, table: ManifestTable, loaded: ReadonlySet<string>): Promise<number> {
  if (table.chunks === undefined && loaded.size === 0) return Infinity;
  try {
    return (await chunksOf(backup, table)).filter(({ key }) => !loaded.has(key)).length;
  } catch (error) {
    if (error instanceof HoldfastError) return Infinity;
    throw error;
  }
}
