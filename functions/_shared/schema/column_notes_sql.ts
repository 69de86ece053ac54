import { relationId } from "./relation_id.ts";

/** Comments on, and rights of, columns that are no facts of the schema engine. */
export const COLUMN_NOTES_SQL = `
  select ${relationId("c.oid")} as relation, a.attname::text as "column", col_description(c.oid, a.attnum) as comment,
         coalesce((select jsonb_agg(jsonb_build_object('grantee', g.grantee, 'privileges', g.privileges, 'grantable', g.grantable) order by g.grantee)
           from (select case when x.grantee = 0 then 'PUBLIC' else pg_get_userbyid(x.grantee)::text end as grantee,
                        array_agg(x.privilege_type order by x.privilege_type) as privileges,
                        array_remove(array_agg(case when x.is_grantable then x.privilege_type end order by x.privilege_type), null) as grantable
                 from aclexplode(a.attacl) x group by x.grantee) g), '[]') as grants
  from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where (c.relkind in ('v', 'm', 'c') or c.relkind in ('r', 'p', 'f') and not a.attislocal)
    and (a.attacl is not null or col_description(c.oid, a.attnum) is not null)
    and c.oid >= 16384 and not exists (select from pg_depend dep where dep.classid = 'pg_class'::regclass and dep.objid = c.oid and dep.deptype = 'e')`;
