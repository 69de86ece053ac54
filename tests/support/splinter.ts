import { queryRows } from "./query_rows.ts";

/** One object that breaks one rule. */
export interface Finding {
  readonly rule: string;
  readonly subject: string;
}

/**
 * Rules of Supabase's database linter that the CLI's advisors leave out, or apply only to schemas the Data API exposes.
 * They hold here whether a schema is exposed or not: exposing one is a setting somebody may change tomorrow.
 * Each returns the names of the objects in the schemas of $1 that break it.
 */
const RULES: Readonly<Record<string, string>> = {
  view_runs_as_owner: `
    select c.oid::regclass::text as subject
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = any ($1) and c.relkind = 'v'
       and not coalesce(c.reloptions, '{}') && array['security_invoker=true', 'security_invoker=on', 'security_invoker=1']`,

  row_security_disabled: `
    select c.oid::regclass::text as subject
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = any ($1) and c.relkind in ('r', 'p') and not c.relrowsecurity`,

  function_executable_by_public: `
    select p.oid::regprocedure::text as subject
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where n.nspname = any ($1)
       and exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g
                    where g.grantee = 0 and g.privilege_type = 'EXECUTE')`,

  security_definer_function_executable: `
    select p.oid::regprocedure::text as subject
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where n.nspname = any ($1) and p.prosecdef
       and (has_function_privilege('anon', p.oid, 'execute') or has_function_privilege('authenticated', p.oid, 'execute'))`,

  relation_readable_by_api_roles: `
    select c.oid::regclass::text as subject
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = any ($1) and c.relkind in ('r', 'p', 'v', 'm', 'f')
       and (has_any_column_privilege('anon', c.oid, 'select') or has_any_column_privilege('authenticated', c.oid, 'select'))`,

  schema_open_to_api_roles: `
    select n.nspname::text as subject
      from pg_namespace n
     where n.nspname = any ($1)
       and (has_schema_privilege('anon', n.oid, 'usage') or has_schema_privilege('authenticated', n.oid, 'usage'))`,
};

export const RULE_NAMES: readonly string[] = Object.keys(RULES);

/** Applies every rule to the given schemas. */
export async function lintSchemas(url: string, schemas: readonly string[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [rule, sql] of Object.entries(RULES)) {
    for (const { subject } of await queryRows(url, sql, [schemas])) findings.push({ rule, subject: String(subject) });
  }
  return findings;
}
