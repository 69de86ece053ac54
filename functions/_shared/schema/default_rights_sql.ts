/** What default rights in one schema give to somebody, one row for each. */
export const DEFAULT_RIGHTS_SQL = `
  select pg_get_userbyid(d.defaclrole)::text as role, n.nspname::text as schema, d.defaclobjtype::text as objtype,
         case when x.grantee = 0 then 'PUBLIC' else pg_get_userbyid(x.grantee)::text end as grantee,
         array_agg(x.privilege_type order by x.privilege_type) as privileges,
         array_remove(array_agg(case when x.is_grantable then x.privilege_type end order by x.privilege_type), null) as grantable
  from pg_default_acl d join pg_namespace n on n.oid = d.defaclnamespace cross join lateral aclexplode(d.defaclacl) x
  group by d.defaclrole, n.nspname, d.defaclobjtype, x.grantee`;
