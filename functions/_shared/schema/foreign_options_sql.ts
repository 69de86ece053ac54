import type { FurtherKind } from "./further_kinds.ts";
import { relationId } from "./relation_id.ts";

/**
 * Options that name things and hold no credential, in lower case: of postgres_fdw and file_fdw, and of Supabase's wrappers,
 * where those that end in _id or _name say which secret of Vault to use. The schema engine knows some and hides all others.
 */
const PLAIN = [
  "keep_connections", "sslcertmode", "ssl_min_protocol_version", "ssl_max_protocol_version", "require_auth", "on_error", "log_verbosity", "reject_limit", "default",
  "object", "rowid_column", "startup_cost", "timeout", "limit", "type",
  "api_key_id", "api_key_name", "sa_key_id", "conn_string_id", "conn_string_name", "conn_url_id", "conn_url_name", "vault_access_key_id", "vault_secret_access_key_id",
  "path_style_url", "aws_region", "has_header", "compress", "base_id", "table_id", "view_id", "user_pool_id",
  "src_type", "src_key", "stream_buffer_size", "fdw_package_name", "fdw_package_version", "fdw_package_checksum",
];

interface Owner {
  what: string;
  id: string;
  key: string;
  from: string;
  oid: string;
  options: string;
  catalog: string;
}

const OWNERS: readonly Owner[] = [
  { what: "'foreign data wrapper ' || quote_ident(w.fdwname)", id: "jsonb_build_object('kind', 'fdw', 'name', w.fdwname)", key: "jsonb_build_array(null, 'foreign data wrapper', w.fdwname)",
    from: "pg_foreign_data_wrapper w", oid: "w.oid", options: "w.fdwoptions", catalog: "pg_foreign_data_wrapper" },
  { what: "'server ' || quote_ident(s.srvname)", id: "jsonb_build_object('kind', 'server', 'name', s.srvname)", key: "jsonb_build_array(null, 'server', s.srvname)",
    from: "pg_foreign_server s", oid: "s.oid", options: "s.srvoptions", catalog: "pg_foreign_server" },
  { what: "'foreign table ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname)", id: relationId("c.oid"), key: "jsonb_build_array(n.nspname, 'foreign table', c.relname)",
    from: "pg_foreign_table t join pg_class c on c.oid = t.ftrelid join pg_namespace n on n.oid = c.relnamespace", oid: "c.oid", options: "t.ftoptions", catalog: "pg_class" },
];

// A connection string under another name. Addresses are not in the list at all: a key may be part of their path.
const chosen = (options: string) => `pg_options_to_table(${options}) o where lower(o.option_name) in (${PLAIN.map((one) => `'${one}'`).join(", ")}) and o.option_value !~ '[@?;=]'`;
const kind: FurtherKind = "foreign options";

const select = ({ what, id, key, from, oid, options, catalog }: Owner): string => `
  select '${kind}' as kind, ${key}::text as key, ${id} as parent, null as catalog, null as oid, null::text[] as io, null as needs,
    (select jsonb_agg(jsonb_build_array(o.option_name, o.option_value) order by o.option_name) from ${chosen(options)})::text as what,
    array['alter ' || ${what} || ' options (' || (select string_agg('set ' || quote_ident(o.option_name) || ' ' || quote_literal(o.option_value), ', ' order by o.option_name) from ${chosen(options)}) || ')'] as statements,
    'select ' || quote_literal('options go with the schema engine') as undo, null as owner, null as comment
  from ${from}
  where ${oid} >= 16384 and exists (select from ${chosen(options)})
    and not exists (select from pg_depend dep where dep.classid = '${catalog}'::regclass and dep.objid = ${oid} and dep.deptype = 'e')`;

/** Options of what leads to other servers that the schema engine hides and that are no secrets; `what` has them as pairs. */
export const FOREIGN_OPTIONS_SQL = OWNERS.map(select).join("\nunion all\n");
