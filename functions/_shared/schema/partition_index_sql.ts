/** Name that the server gives to the index of a partition, unless it is taken: after the table and the columns. */
const CHOSEN = `pc.relname || case when x.indisprimary then '_pkey' else '_' || (select string_agg(a.attname, '_' order by a.attnum) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0)
  || case (select k.contype from pg_constraint k where k.conindid = c.oid and k.contype in ('u', 'x')) when 'u' then '_key' when 'x' then '_excl' else '_idx' end end`;

// A name that is taken belongs to another index of the same partition, which gets it from the plan as well or takes the one that was chosen here.
const RENAME = `'do ' || quote_literal(format($body$declare
  v_index regclass; v_chosen text; v_other regclass;
begin
  select t.relid, i.relname into v_index, v_chosen from pg_partition_tree(%1$L) t join pg_index x on x.indexrelid = t.relid join pg_class i on i.oid = t.relid where x.indrelid = %2$L::regclass;
  if v_index is null then raise undefined_object using message = 'the partition has no index to name'; end if;
  if v_chosen = %4$L then return; end if;
  select x.indexrelid into v_other from pg_index x join pg_class i on i.oid = x.indexrelid where x.indexrelid = to_regclass(%3$L) and x.indrelid = %2$L::regclass and i.relispartition;
  if v_other is not null then execute format('alter index %%s rename to %%I', v_other, 'holdfast_' || v_other::oid); end if;
  execute format('alter index %%s rename to %%I', v_index, %4$L);
  if v_other is not null then execute format('alter index %%s rename to %%I', v_other, v_chosen); end if;
end$body$, pg_partition_root(c.oid)::text, x.indrelid::regclass::text, c.oid::regclass::text, c.relname))`;

// Found once and not for each of thousands of partitions.
const OF_SOME = `select array_agg(r.indexrelid) from pg_index r join pg_class rc on rc.oid = r.indexrelid and rc.relkind = 'I' and not rc.relispartition
  where not r.indisvalid and not exists (select from pg_constraint k where k.conindid = r.indexrelid and k.contype in ('p', 'u', 'x'))
    and (select count(*) from pg_partition_tree(r.indexrelid)) < (select count(*) from pg_partition_tree(r.indrelid) p join pg_class pr on pr.oid = p.relid and pr.relkind <> 'f')`;

/** Whether partitions lack the index of the whole table, as one that was made with ON ONLY and is attached to them one by one. */
const lacksSome = (root: string) => `coalesce(${root}::oid = any ((${OF_SOME})::oid[]), false)`;

const head = "'CREATE ' || case when x.indisunique then 'UNIQUE ' else '' end || 'INDEX ' || quote_ident(c.relname) || ' ON '";
// In capitals ONLY would be taken for how PostgreSQL prints an index that all partitions have.
const DEFINITION = `case c.relkind when 'I' then ${head} || 'only ' || substr(pg_get_indexdef(c.oid), length(${head}) + 6) else pg_get_indexdef(c.oid) end`;

const index = "quote_ident(n.nspname) || '.' || quote_ident(c.relname)";

/**
 * What an index of a partition has that is not as the server makes it along with the index of the whole table: its name, options and comment.
 * Where that one is not on all partitions, those that have it are made and attached one by one.
 */
export const PARTITION_INDEX = {
  joins: "join pg_index x on x.indexrelid = c.oid join pg_class pc on pc.oid = x.indrelid join pg_inherits h on h.inhrelid = c.oid join pg_class hc on hc.oid = h.inhparent",
  differs: `c.relispartition and c.relkind in ('i', 'I')
    and (${lacksSome("pg_partition_root(c.oid)")} or c.relname <> ${CHOSEN} or c.relkind = 'i' and c.reloptions is distinct from hc.reloptions or obj_description(c.oid, 'pg_class') is not null)`,
  lacksSome,
  statements: `array_remove(case when ${lacksSome("pg_partition_root(c.oid)")} then array[${DEFINITION},
    'alter index ' || h.inhparent::regclass || ' attach partition ' || ${index}, 'comment on index ' || ${index} || ' is ' || quote_literal(obj_description(c.oid, 'pg_class'))]
  else array[${RENAME},
    case when c.relkind = 'i' and c.reloptions is null and hc.reloptions is not null
         then 'alter index ' || ${index} || ' reset (' || (select string_agg(split_part(o, '=', 1), ', ') from unnest(hc.reloptions) o) || ')'
         when c.relkind = 'i' and c.reloptions is distinct from hc.reloptions then 'alter index ' || ${index} || ' set (' || array_to_string(c.reloptions, ', ') || ')' end,
    'comment on index ' || ${index} || ' is ' || quote_literal(obj_description(c.oid, 'pg_class'))] end, null)`,
};
