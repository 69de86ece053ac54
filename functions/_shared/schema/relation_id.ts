/** SQL for the id of a relation's fact. */
export const relationId = (oid: string): string => `(
  select jsonb_build_object('kind', case r.relkind when 'v' then 'view' when 'm' then 'materializedView' when 'f' then 'foreignTable' when 'c' then 'type' when 'S' then 'sequence' else 'table' end,
                            'schema', rn.nspname, 'name', r.relname) from pg_class r join pg_namespace rn on rn.oid = r.relnamespace where r.oid = ${oid})`;
