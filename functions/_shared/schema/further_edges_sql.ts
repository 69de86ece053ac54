/** Names and kind of the fact that stands for an object. Null for what is none, such as everything that came with the server. */
const factOf = (catalog: string, oid: string, subid: string): string => `case ${catalog}
  when 'pg_class' then (
    select case
      when k.oid is not null then jsonb_build_object('kind', 'constraint', 'schema', n.nspname, 'table', kc.relname, 'name', k.conname)
      when ${subid} > 0 and a.attislocal and c.relkind in ('r', 'p', 'f') then jsonb_build_object('kind', 'column', 'schema', n.nspname, 'table', c.relname, 'name', a.attname)
      else jsonb_build_object('kind', case c.relkind when 'v' then 'view' when 'm' then 'materializedView' when 'f' then 'foreignTable' when 'S' then 'sequence'
             when 'c' then 'type' when 'i' then 'index' when 'I' then 'index' else 'table' end, 'schema', n.nspname, 'name', c.relname) end
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    left join pg_constraint k on k.conindid = c.oid and k.contype in ('p', 'u', 'x') left join pg_class kc on kc.oid = k.conrelid
    left join pg_attribute a on a.attrelid = c.oid and a.attnum = ${subid} where c.oid = ${oid} limit 1)
  when 'pg_type' then (
    select jsonb_build_object('kind', case when t.typtype = 'd' then 'domain' when c.relkind is null or c.relkind = 'c' then 'type' when c.relkind = 'v' then 'view'
             when c.relkind = 'm' then 'materializedView' when c.relkind = 'f' then 'foreignTable' else 'table' end, 'schema', n.nspname, 'name', t.typname)
    from pg_type t join pg_namespace n on n.oid = t.typnamespace left join pg_class c on c.oid = t.typrelid where t.oid = ${oid})
  when 'pg_proc' then (
    select jsonb_build_object('kind', case p.prokind when 'a' then 'aggregate' when 'p' then 'procedure' else 'function' end, 'schema', n.nspname, 'name', p.proname,
             'args', array(select format_type(u.t, null) from unnest(p.proargtypes) with ordinality u (t, place) order by u.place))
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace where p.oid = ${oid})
  when 'pg_constraint' then (
    select jsonb_build_object('kind', 'constraint', 'schema', n.nspname, 'table', coalesce(c.relname, t.typname), 'name', k.conname)
    from pg_constraint k left join pg_class c on c.oid = k.conrelid left join pg_type t on t.oid = k.contypid
    join pg_namespace n on n.oid = coalesce(c.relnamespace, t.typnamespace) where k.oid = ${oid})
  when 'pg_attrdef' then (
    select jsonb_build_object('kind', case when a.attgenerated = '' then 'default' else 'column' end, 'schema', n.nspname, 'table', c.relname, 'name', a.attname)
    from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum join pg_class c on c.oid = d.adrelid
    join pg_namespace n on n.oid = c.relnamespace where d.oid = ${oid})
  when 'pg_rewrite' then (
    select case when r.rulename = '_RETURN' then jsonb_build_object('kind', case c.relkind when 'm' then 'materializedView' else 'view' end, 'schema', n.nspname, 'name', c.relname)
                else jsonb_build_object('kind', 'rule', 'schema', n.nspname, 'table', c.relname, 'name', r.rulename) end
    from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace where r.oid = ${oid})
  when 'pg_policy' then (
    select jsonb_build_object('kind', 'policy', 'schema', n.nspname, 'table', c.relname, 'name', p.polname)
    from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace where p.oid = ${oid})
  when 'pg_trigger' then (
    select jsonb_build_object('kind', 'trigger', 'schema', n.nspname, 'table', c.relname, 'name', t.tgname)
    from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace where t.oid = ${oid})
  when 'pg_collation' then (
    select jsonb_build_object('kind', 'collation', 'schema', n.nspname, 'name', o.collname) from pg_collation o join pg_namespace n on n.oid = o.collnamespace where o.oid = ${oid})
end`;

/** Of an array the type it is made of. */
const element = (catalog: string, oid: string) =>
  `coalesce(case when ${catalog} = 'pg_type'::regclass then (select e.oid from pg_type e where e.typarray = ${oid}) end, ${oid})`;

const member = (catalog: string, oid: string) =>
  `(select jsonb_build_object('kind', 'extension', 'name', x.extname) from pg_depend e join pg_extension x on x.oid = e.refobjid
    where e.classid = ${catalog}::regclass and e.objid = ${oid} and e.deptype = 'e')`;

/**
 * What depends on the given objects and what they depend on: both ends as `catalog:oid` and, where a fact stands for them, its id.
 * The members of operator classes and families are objects of their own to pg_depend; here they are a part.
 *
 * @param ours `catalog:oid` of the objects
 * @param needs pairs of `catalog:oid` that pg_depend does not have
 */
export function furtherEdgesSql(ours: readonly string[], needs: readonly (readonly [string, string])[]): string {
  const pair = (key: string): string => {
    const [catalog = "", oid = ""] = key.split(":");
    return `('${catalog}'::regclass::oid, ${Number(oid)}::oid)`;
  };
  const added = needs.map(([from, to]) => `select * from (values ${pair(from)}) f (classid, objid), (values (0)) s (objsubid), (values ${pair(to)}) t (refclassid, refobjid), (values (0)) u (refobjsubid)`);
  return `with given (classid, objid) as (values ${ours.map(pair).join(", ")}),
  ours as (select * from given union all select g.classid, t.typarray from given g join pg_type t on g.classid = 'pg_type'::regclass and t.oid = g.objid where t.typarray <> 0),
  parts as (
    select d.classid, d.objid, g.classid as whole_class, g.objid as whole_oid from pg_depend d join given g on d.refclassid = g.classid and d.refobjid = g.objid
    where d.classid in ('pg_amop'::regclass, 'pg_amproc'::regclass)),
  links as (
    select d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid from pg_depend d
    where d.deptype in ('n', 'a') and ((d.classid, d.objid) in (select * from ours) or (d.refclassid, d.refobjid) in (select * from ours))
    union
    select p.whole_class, p.whole_oid, 0, d.refclassid, d.refobjid, d.refobjsubid from pg_depend d join parts p on p.classid = d.classid and p.objid = d.objid
    where d.deptype in ('n', 'a') and (d.refclassid, d.refobjid) <> (p.whole_class, p.whole_oid)
    ${added.map((one) => `union ${one}`).join("\n    ")}),
  ends as (
    select classid::regclass::text as from_catalog, ${element("classid", "objid")} as from_oid, objsubid as from_subid,
           refclassid::regclass::text as to_catalog, ${element("refclassid", "refobjid")} as to_oid, refobjsubid as to_subid from links)
  select from_catalog || ':' || from_oid as from_key, coalesce(${member("from_catalog", "from_oid")}, ${factOf("from_catalog", "from_oid", "from_subid")}) as from_id,
         to_catalog || ':' || to_oid as to_key, coalesce(${member("to_catalog", "to_oid")}, ${factOf("to_catalog", "to_oid", "to_subid")}) as to_id
  from ends`;
}
