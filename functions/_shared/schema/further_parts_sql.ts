import type { FurtherKind } from "./further_kinds.ts";
import { PARTITION_INDEX } from "./partition_index_sql.ts";
import { relationId } from "./relation_id.ts";

const table = "n.nspname::text || '.' || c.relname::text";
const alter = (only: string) => `'alter ' || case c.relkind when 'f' then 'foreign table ' when 'm' then 'materialized view ' when 'v' then 'view ' else 'table ' end
  || case when c.relkind in ('m', 'v') then '' else '${only}' end || quote_ident(n.nspname) || '.' || quote_ident(c.relname)`;

/** Relations that a user made; what is below them has no extension of its own. */
const RELATIONS = `pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;
const NOT_MEMBER = `c.oid >= 16384 and not exists (select from pg_depend dep where dep.classid = 'pg_class'::regclass and dep.objid = c.oid and dep.deptype = 'e')`;

interface Part {
  kind: FurtherKind;
  /** Behind schema and relation in the key. */
  name?: string;
  statements: string;
  undo: string;
  from: string;
  where: string;
  /** What pg_depend knows it as. */
  catalog?: string;
  oid?: string;
  /** What it needs and pg_depend does not say of it, as `catalog:oid` with commas between them. */
  needs?: string;
  what?: string;
}

const column = "quote_ident(a.attname)";
const storage = (value: string) => `case ${value} when 'p' then 'plain' when 'e' then 'external' when 'x' then 'extended' else 'main' end`;
/** What ALTER TABLE accepts; a server may keep options of its own there. */
const settable = "(select string_agg(o, ', ' order by o) from unnest(a.attoptions) o where o ~ '^n_distinct')";
const attributes = `${RELATIONS} join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped join pg_type t on t.oid = a.atttypid`;
/** What the same column of its ancestors has where it is their own; a child begins with it. */
const ofParent = (what: string) => `(
  with recursive up (oid) as (select i.inhparent from pg_inherits i where i.inhrelid = c.oid union select i.inhparent from up join pg_inherits i on i.inhrelid = up.oid)
  select ${what} from up join pg_attribute pa on pa.attrelid = up.oid and pa.attname = a.attname and not pa.attisdropped
  left join pg_attrdef pd on pd.adrelid = pa.attrelid and pd.adnum = pa.attnum where pa.attislocal or pa.attnotnull)`;

const names = (oid: string) => `array(select o.attname from pg_attribute o where o.attrelid = ${oid} and o.attnum > 0 and not o.attisdropped order by o.attnum)`;
/** A partition that was a table before, with its columns in an order of its own. Its checks may call nothing that is made later. */
const ORDERED = `c.relkind in ('r', 'p') and c.relispartition and (select ${names("c.oid")} <> ${names("i.inhparent")} from pg_inherits i where i.inhrelid = c.oid)
      and not exists (select from pg_constraint k join pg_depend d on d.classid = 'pg_constraint'::regclass and d.objid = k.oid and d.refclassid = 'pg_proc'::regclass
                      where k.conrelid = c.oid and k.contype = 'c' and not k.conislocal)`;
const triggerState = (trigger: string) => `case ${trigger}.tgenabled when 'D' then ' disable' when 'A' then ' enable always' when 'R' then ' enable replica' else ' enable' end || ' trigger '`;
const CANNOT = (what: string) => `'do ' || quote_literal('begin raise exception ''${what} cannot be changed''; end')`;

/** An index of a partition may be none of the facts; the one of the whole table is, and makes it. */
const INDEX = "concat_ws(',', 'pg_class:' || x.indexrelid, 'pg_class:' || pg_partition_root(x.indexrelid)::oid)";

const PARTS: readonly Part[] = [
  {
    kind: "column settings", name: "a.attname::text", from: attributes,
    where: `c.relkind in ('r', 'p', 'f', 'm') and (a.attstorage <> t.typstorage or a.attcompression::text <> '' or coalesce(a.attstattarget, -1) >= 0 or ${settable} is not null)`,
    statements: `array_remove(array[
      case when a.attstorage <> t.typstorage then ${alter("only ")} || ' alter column ' || ${column} || ' set storage ' || ${storage("a.attstorage")} end,
      case when a.attcompression::text <> '' then ${alter("only ")} || ' alter column ' || ${column} || ' set compression ' || case a.attcompression when 'l' then 'lz4' else 'pglz' end end,
      case when coalesce(a.attstattarget, -1) >= 0 then ${alter("only ")} || ' alter column ' || ${column} || ' set statistics ' || a.attstattarget end,
      case when ${settable} is not null then ${alter("only ")} || ' alter column ' || ${column} || ' set (' || ${settable} || ')' end], null)`,
    undo: `${alter("only ")} || ' alter column ' || ${column} || ' set statistics -1, alter column ' || ${column} || ' set storage ' || ${storage("t.typstorage")}`,
  },
  {
    kind: "index column settings", name: "a.attnum::text", from: `${RELATIONS} join pg_attribute a on a.attrelid = c.oid and a.attnum > 0`,
    where: "c.relkind in ('i', 'I') and coalesce(a.attstattarget, -1) >= 0",
    statements: "array['alter index ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) || ' alter column ' || a.attnum || ' set statistics ' || a.attstattarget]",
    undo: "'alter index ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) || ' alter column ' || a.attnum || ' set statistics -1'",
  },
  {
    // Of columns that a table has from its parents, and of views.
    kind: "column default", name: "a.attname::text", catalog: "pg_attrdef", oid: "d.oid",
    from: `${attributes} left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum`,
    where: `a.attgenerated = '' and (d.oid is not null and (c.relkind = 'v' or ${ORDERED}) or c.relkind in ('r', 'p', 'f') and not a.attislocal
      and ${ofParent("bool_or(pa.attislocal and pg_get_expr(pd.adbin, pd.adrelid) is distinct from pg_get_expr(d.adbin, d.adrelid))")})`,
    statements: `array[${alter("only ")} || ' alter column ' || ${column} || coalesce(' set default ' || pg_get_expr(d.adbin, d.adrelid), ' drop default')]`,
    undo: `${alter("only ")} || ' alter column ' || ${column} || coalesce(' set default ' || ${ofParent("min(pg_get_expr(pd.adbin, pd.adrelid))")}, ' drop default')`,
  },
  {
    kind: "not null", name: "a.attname::text", from: attributes,
    where: `c.relkind in ('r', 'p', 'f') and a.attnotnull and not a.attislocal and ${ofParent("not bool_or(pa.attnotnull)")}
      and not exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'p' and a.attnum = any (k.conkey))`,
    // With its children, which have to be so as well.
    statements: `array[${alter("")} || ' alter column ' || ${column} || ' set not null']`,
    undo: `${alter("only ")} || ' alter column ' || ${column} || ' drop not null'`,
  },
  {
    kind: "virtual column", name: "a.attname::text", from: `${attributes} join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum`,
    where: "a.attgenerated = 'v' and a.attislocal",
    statements: `array[${alter("")} || ' alter column ' || ${column} || ' set expression as (' || pg_get_expr(d.adbin, d.adrelid) || ')']`,
    undo: `${alter("")} || ' alter column ' || ${column} || ' set expression as (' || pg_get_expr(d.adbin, d.adrelid) || ')'`,
  },
  {
    // The schema engine knows the first.
    kind: "further parents", from: `${RELATIONS} cross join lateral (
      select array_agg(quote_ident(pn.nspname) || '.' || quote_ident(p.relname) order by i.inhseqno) as names
      from pg_inherits i join pg_class p on p.oid = i.inhparent join pg_namespace pn on pn.oid = p.relnamespace where i.inhrelid = c.oid) parents`,
    where: "c.relkind in ('r', 'p') and cardinality(parents.names) > 1",
    statements: `(select array_agg(${alter("")} || ' inherit ' || other order by place) from unnest(parents.names[2:]) with ordinality as u (other, place))`,
    undo: "'select ' || quote_literal('a table keeps its parents')", what: "array_to_string(parents.names[2:], ', ')",
  },
  {
    kind: "column order", from: RELATIONS, where: ORDERED,
    what: `array_to_string(array(
      select ${column} || ' ' || format_type(a.atttypid, a.atttypmod)
             || case when a.attcollation <> t.typcollation then ' collate ' || (select quote_ident(cn.nspname) || '.' || quote_ident(co.collname) from pg_collation co join pg_namespace cn on cn.oid = co.collnamespace where co.oid = a.attcollation) else '' end
             || case when a.attgenerated <> '' then ' generated always as (' || (select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d where d.adrelid = c.oid and d.adnum = a.attnum) || ') ' || case a.attgenerated when 's' then 'stored' else 'virtual' end else '' end
             || case when a.attnotnull then ' not null' else '' end
      from pg_attribute a join pg_type t on t.oid = a.atttypid where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum)
      || array(select 'constraint ' || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid) from pg_constraint k where k.conrelid = c.oid and k.contype = 'c' and not k.conislocal order by k.conname), ', ')`,
    statements: `array[${CANNOT("the order of columns")}]`, undo: CANNOT("the order of columns"),
  },
  {
    kind: "row type", from: `${RELATIONS} join pg_type t on t.oid = c.reloftype`, where: "c.relkind in ('r', 'p') and not c.relispartition", needs: "'pg_type:' || c.reloftype",
    statements: `array[${alter("")} || ' of ' || format_type(c.reloftype, null)]`, undo: `${alter("")} || ' not of'`,
  },
  {
    kind: "clustering", from: `${RELATIONS} join pg_index x on x.indrelid = c.oid and x.indisclustered join pg_class xc on xc.oid = x.indexrelid`,
    where: "c.relkind in ('r', 'm')", needs: INDEX,
    statements: `array[${alter("")} || ' cluster on ' || quote_ident(xc.relname)]`, undo: `${alter("")} || ' set without cluster'`,
  },
  {
    // By an index of a partition, which the schema engine does not know.
    kind: "replica identity", from: `${RELATIONS} join pg_index x on x.indrelid = c.oid and x.indisreplident join pg_class xc on xc.oid = x.indexrelid and xc.relispartition`,
    where: "c.relreplident = 'i'", needs: INDEX,
    statements: `array[${alter("only ")} || ' replica identity using index ' || quote_ident(xc.relname)]`, undo: `${alter("only ")} || ' replica identity default'`,
  },
  {
    kind: "toast options", from: `${RELATIONS} join pg_class tc on tc.oid = c.reltoastrelid`, where: "c.relkind in ('r', 'm') and tc.reloptions is not null",
    statements: `array[${alter("")} || ' set (toast.' || array_to_string(tc.reloptions, ', toast.') || ')']`,
    undo: `${alter("")} || ' reset (' || (select string_agg('toast.' || split_part(o, '=', 1), ', ') from unnest(tc.reloptions) o) || ')'`,
  },
  {
    kind: "unlogged sequence", from: RELATIONS, where: "c.relkind = 'S' and c.relpersistence = 'u' and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'i')",
    statements: `array['alter sequence ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) || ' set unlogged']`,
    undo: "'alter sequence ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) || ' set logged'",
  },
  {
    // A column that its table has from another one, which the schema engine does not know.
    kind: "sequence owner", from: `${RELATIONS} join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'a' and d.refclassid = 'pg_class'::regclass
      join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid and not a.attislocal`,
    where: "c.relkind = 'S'", needs: "'pg_class:' || d.refobjid",
    statements: `array['alter sequence ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) || ' owned by ' || a.attrelid::regclass || '.' || ${column}]`,
    undo: "'alter sequence ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) || ' owned by none'",
  },
  {
    // That of a constraint; the schema engine knows the constraint.
    kind: "index comment", from: `${RELATIONS} join pg_constraint k on k.conindid = c.oid and k.contype in ('p', 'u', 'x') join pg_class kc on kc.oid = k.conrelid`,
    where: "obj_description(c.oid, 'pg_class') is not null",
    statements: "array['comment on index ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) || ' is ' || quote_literal(obj_description(c.oid, 'pg_class'))]",
    undo: "'comment on index ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) || ' is null'",
  },
  {
    // Of a partition that does not do as the table whose trigger it has: that one's state is set for all of its partitions.
    kind: "trigger state", name: "g.tgname::text", from: `${RELATIONS} join pg_trigger g on g.tgrelid = c.oid and g.tgparentid <> 0 cross join lateral (
      with recursive up (oid) as (select g.tgparentid union all select p.tgparentid from up join pg_trigger p on p.oid = up.oid where p.tgparentid <> 0)
      select p.tgname, p.tgenabled, p.tgisinternal, pc.relname, pn.nspname from up join pg_trigger p on p.oid = up.oid and p.tgparentid = 0
      join pg_class pc on pc.oid = p.tgrelid join pg_namespace pn on pn.oid = pc.relnamespace) root`,
    where: "not root.tgisinternal and g.tgenabled <> root.tgenabled",
    statements: `array[${alter("only ")} || ${triggerState("g")} || quote_ident(g.tgname)]`, undo: `${alter("only ")} || ${triggerState("root")} || quote_ident(g.tgname)`,
  },
  {
    // Names of the other side, not credentials: those are options of servers and user mappings.
    kind: "foreign column options", name: "a.attname::text", from: attributes, where: "c.relkind = 'f' and a.attfdwoptions is not null",
    statements: `array[${alter("")} || ' alter column ' || ${column} || ' options ('
      || (select string_agg(quote_ident(o.option_name) || ' ' || quote_literal(o.option_value), ', ' order by o.option_name) from pg_options_to_table(a.attfdwoptions) o) || ')']`,
    undo: `${alter("")} || ' alter column ' || ${column} || ' options (' || (select string_agg('drop ' || quote_ident(o.option_name), ', ') from pg_options_to_table(a.attfdwoptions) o) || ')'`,
  },
  {
    kind: "storage method", from: `${RELATIONS} join pg_am am on am.oid = c.relam`, where: "c.relkind in ('r', 'm', 'p') and am.amname <> 'heap'", needs: "'pg_am:' || am.oid",
    statements: `array[${alter("")} || ' set access method ' || quote_ident(am.amname)]`, undo: `${alter("")} || ' set access method heap'`,
  },
  {
    // A foreign table that is a part of another one is made with its own columns only.
    kind: "foreign parent", from: `${RELATIONS} join pg_inherits i on i.inhrelid = c.oid join pg_class p on p.oid = i.inhparent join pg_namespace pn on pn.oid = p.relnamespace`,
    where: "c.relkind = 'f'",
    name: "pn.nspname::text || '.' || p.relname::text",
    statements: `array(select ${alter("")} || ' add column if not exists ' || ${column} || ' ' || format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
        from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and not a.attislocal order by a.attnum)
      || case when c.relispartition then 'alter table ' || quote_ident(pn.nspname) || '.' || quote_ident(p.relname) || ' attach partition ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) || ' ' || pg_get_expr(c.relpartbound, c.oid)
              else ${alter("")} || ' inherit ' || quote_ident(pn.nspname) || '.' || quote_ident(p.relname) end`,
    undo: "'select ' || quote_literal('a table keeps its parents')",
  },
  {
    // The schema engine knows the index of the whole table, whose making makes those of its partitions, with names and options of the server's choice.
    kind: "partition index", catalog: "pg_class", oid: "c.oid", needs: "concat_ws(',', 'pg_class:' || pg_partition_root(c.oid)::oid, 'pg_class:' || h.inhparent)",
    from: `${RELATIONS} ${PARTITION_INDEX.joins}`, where: PARTITION_INDEX.differs,
    statements: PARTITION_INDEX.statements, undo: "'select ' || quote_literal('an index keeps its name')",
  },
  {
    kind: "index of some", from: RELATIONS, where: `c.relkind = 'I' and not c.relispartition and ${PARTITION_INDEX.lacksSome("c.oid")}`,
    statements: `array[${CANNOT("the partitions of an index")}]`, undo: "'select ' || quote_literal('an index lacks partitions until it is attached to theirs')",
  },
];

const parentOf = (one: Part): string => {
  if (one.kind === "partition index") return relationId("x.indrelid");
  if (one.kind === "trigger state") return "jsonb_build_object('kind', 'trigger', 'schema', root.nspname, 'table', root.relname, 'name', root.tgname)";
  if (one.kind === "index comment") return "jsonb_build_object('kind', 'constraint', 'schema', n.nspname, 'table', kc.relname, 'name', k.conname)";
  if (one.kind === "index column settings" || one.kind === "index of some") return "jsonb_build_object('kind', 'index', 'schema', n.nspname, 'name', c.relname)";
  const relation = relationId("c.oid");
  if (one.kind !== "column settings" && one.kind !== "virtual column") return relation;
  return `case when c.relkind <> 'm' and a.attislocal then jsonb_build_object('kind', 'column', 'schema', n.nspname, 'table', c.relname, 'name', a.attname) else ${relation} end`;
};

const select = (one: Part): string => `select '${one.kind}' as kind, jsonb_build_array(n.nspname, c.relname${one.name === undefined ? "" : `, ${one.name}`})::text as key,
    ${parentOf(one)} as parent, ${one.catalog === undefined ? "null" : `'${one.catalog}'`} as catalog, ${one.oid ?? "null"}::text as oid, null::text[] as io, ${one.needs ?? "null"} as needs,
    ${one.what ?? `'${one.kind} of ' || ${table}`} as what, ${one.statements} as statements, ${one.undo} as undo, null::text as owner, null::text as comment
  from ${one.from}
  where ${NOT_MEMBER} and ${one.where}`;

/** Properties of tables and columns that the schema engine does not model, as the statements that set them. */
export const FURTHER_PARTS_SQL = PARTS.map(select).join("\nunion all\n");
