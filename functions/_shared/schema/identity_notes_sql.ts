/**
 * Comments on, and rights of, sequences of identity columns: to the schema engine they are a part of the column. Their owner
 * is that of the table and keeps the rights an owner has.
 */
export const IDENTITY_NOTES_SQL = `
  select jsonb_build_object('kind', 'column', 'schema', tn.nspname, 'table', t.relname, 'name', a.attname) as "column",
         jsonb_build_object('kind', 'sequence', 'schema', n.nspname, 'name', c.relname) as sequence, obj_description(c.oid, 'pg_class') as comment,
         coalesce((select jsonb_agg(jsonb_build_object('grantee', g.grantee, 'privileges', g.privileges, 'grantable', g.grantable) order by g.grantee)
           from (select case when x.grantee = 0 then 'PUBLIC' else pg_get_userbyid(x.grantee)::text end as grantee,
                        array_agg(distinct x.privilege_type order by x.privilege_type) as privileges,
                        coalesce(array_agg(distinct x.privilege_type order by x.privilege_type) filter (where x.is_grantable), '{}') as grantable
                 from aclexplode(c.relacl) x where x.grantee <> c.relowner group by x.grantee) g), '[]') as grants
  from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0 and d.deptype = 'i'
  join pg_class t on t.oid = d.refobjid join pg_namespace tn on tn.oid = t.relnamespace
  join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
  where c.relkind = 'S' and (c.relacl is not null or obj_description(c.oid, 'pg_class') is not null)
    and t.oid >= 16384 and not exists (select from pg_depend dep where dep.classid = 'pg_class'::regclass and dep.objid = t.oid and dep.deptype = 'e')`;
