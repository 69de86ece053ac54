import type { FurtherKind } from "./further_kinds.ts";
import { relationId } from "./relation_id.ts";

/** Made after the server was, and neither by an extension nor as a part of something else. */
const isUsers = (catalog: string, oid: string) => `${oid} >= 16384 and not exists (
    select from pg_depend dep where dep.classid = '${catalog}'::regclass and dep.objid = ${oid} and dep.deptype in ('e', 'i'))`;

const role = (oid: string) => `pg_get_userbyid(${oid})`;

/** One kind of object. `what` is how CREATE, ALTER, COMMENT ON and DROP call it. */
interface Kind {
  kind: FurtherKind;
  catalog: string;
  oid: string;
  /** Null for what is in no schema. */
  namespace: string | null;
  name: string;
  what: string;
  statements: string;
  owner: string | null;
  from: string;
  where?: string;
  /** Where it hangs below a relation instead of its schema. */
  relation?: string;
  /** Where it hangs below something else. */
  parent?: string;
  undo?: string;
  /** Functions that have to be there before the type they are about. */
  io?: string;
}

// A regnamespace quotes by itself.
const qualified = (namespace: string, name: string) => `${namespace}::regnamespace || '.' || quote_ident(${name})`;
const operator = (oid: string) => `(select 'operator(' || o2.oprnamespace::regnamespace || '.' || o2.oprname || ')' from pg_operator o2 where o2.oid = ${oid} and ${oid} <> 0)`;
const operatorWithTypes = (oid: string) =>
  `(select o2.oprnamespace::regnamespace || '.' || o2.oprname || ' (' || case when o2.oprleft = 0 then 'none' else format_type(o2.oprleft, null) end || ', ' || format_type(o2.oprright, null) || ')'
    from pg_operator o2 where o2.oid = ${oid})`;
const optional = (label: string, value: string) => `case when ${value} is not null then ', ${label} = ' || ${value} end`;
const procedure = (label: string, oid: string) => `case when ${oid} <> 0 then ', ${label} = ' || ${oid}::regproc end`;
const method = (oid: string) => `(select quote_ident(am.amname) from pg_am am where am.oid = ${oid})`;

/** Operators and support functions of an operator class, or those that belong to its family alone. */
const members = (classid: string, oid: string, family: boolean) => `
  select string_agg(item, ', ' order by place, item) from (
    select 1 as place, 'operator ' || m.amopstrategy || ' ' || ${operatorWithTypes("m.amopopr")}
           || case when m.amopsortfamily <> 0 then (select ' for order by ' || f.opfnamespace::regnamespace || '.' || quote_ident(f.opfname) from pg_opfamily f where f.oid = m.amopsortfamily) else '' end as item
    from pg_depend d join pg_amop m on m.oid = d.objid
    where d.classid = 'pg_amop'::regclass and d.refclassid = '${classid}'::regclass and d.refobjid = ${oid} and d.deptype ${family ? "= 'a'" : "in ('i', 'a')"}
    union all
    select 2, 'function ' || m.amprocnum || ' (' || format_type(m.amproclefttype, null) || ', ' || format_type(m.amprocrighttype, null) || ') ' || m.amproc::regprocedure
    from pg_depend d join pg_amproc m on m.oid = d.objid
    where d.classid = 'pg_amproc'::regclass and d.refclassid = '${classid}'::regclass and d.refobjid = ${oid} and d.deptype ${family ? "= 'a'" : "in ('i', 'a')"}
  ) items`;

const KINDS: readonly Kind[] = [
  {
    kind: "base type", catalog: "pg_type", oid: "t.oid", namespace: "t.typnamespace", name: "t.typname", owner: "t.typowner",
    what: `'type ' || ${qualified("t.typnamespace", "t.typname")}`,
    from: "pg_type t", where: "t.typtype = 'b' and not exists (select from pg_type e where e.typarray = t.oid)",
    io: "array[t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout, t.typanalyze, t.typsubscript]::oid[]",
    statements: `array['create type ' || ${qualified("t.typnamespace", "t.typname")} || ' (input = ' || t.typinput::regproc || ', output = ' || t.typoutput::regproc || concat(
      ${procedure("receive", "t.typreceive")}, ${procedure("send", "t.typsend")}, ${procedure("typmod_in", "t.typmodin")}, ${procedure("typmod_out", "t.typmodout")},
      ${procedure("analyze", "t.typanalyze")}, case when t.typelem = 0 then ${procedure("subscript", "t.typsubscript")} end)
      || ', internallength = ' || case t.typlen when -1 then 'variable' else t.typlen::text end || case when t.typbyval then ', passedbyvalue' else '' end
      || ', alignment = ' || case t.typalign when 'c' then 'char' when 's' then 'int2' when 'i' then 'int4' else 'double' end
      || ', storage = ' || case t.typstorage when 'p' then 'plain' when 'e' then 'external' when 'x' then 'extended' else 'main' end
      || ', category = ' || quote_literal(t.typcategory::text) || case when t.typispreferred then ', preferred = true' else '' end
      || case when t.typdefault is not null then ', default = ' || quote_literal(t.typdefault) else '' end
      || case when t.typelem <> 0 then ', element = ' || format_type(t.typelem, null) else '' end
      || case when t.typdelim::text <> ',' then ', delimiter = ' || quote_literal(t.typdelim::text) else '' end
      || case when t.typcollation <> 0 then ', collatable = true' else '' end || ')']`,
  },
  {
    kind: "cast", catalog: "pg_cast", oid: "c.oid", owner: null,
    namespace: `(select coalesce(min(n.oid) filter (where t.oid = c.castsource), min(n.oid)) from pg_type t join pg_namespace n on n.oid = t.typnamespace
                 where t.oid in (c.castsource, c.casttarget) and n.nspname not in ('pg_catalog', 'information_schema'))`,
    name: "'(' || format_type(c.castsource, null) || ' as ' || format_type(c.casttarget, null) || ')'",
    what: "'cast (' || format_type(c.castsource, null) || ' as ' || format_type(c.casttarget, null) || ')'",
    from: "pg_cast c",
    statements: `array['create cast (' || format_type(c.castsource, null) || ' as ' || format_type(c.casttarget, null) || ') '
      || case c.castmethod when 'f' then 'with function ' || c.castfunc::regprocedure when 'i' then 'with inout' else 'without function' end
      || case c.castcontext when 'a' then ' as assignment' when 'i' then ' as implicit' else '' end]`,
  },
  {
    kind: "operator", catalog: "pg_operator", oid: "o.oid", namespace: "o.oprnamespace", owner: "o.oprowner",
    name: "o.oprname || ' (' || case when o.oprleft = 0 then 'none' else format_type(o.oprleft, null) end || ', ' || format_type(o.oprright, null) || ')'",
    what: `'operator ' || ${operatorWithTypes("o.oid")}`,
    // Named as a commutator or negator and never made.
    from: "pg_operator o", where: "o.oprcode <> 0",
    statements: `array['create operator ' || o.oprnamespace::regnamespace || '.' || o.oprname || ' (function = ' || o.oprcode::regproc || concat(
      case when o.oprleft <> 0 then ', leftarg = ' || format_type(o.oprleft, null) end, ', rightarg = ' || format_type(o.oprright, null),
      ${optional("commutator", operator("o.oprcom"))}, ${optional("negator", operator("o.oprnegate"))},
      ${procedure("restrict", "o.oprrest")}, ${procedure("join", "o.oprjoin")},
      case when o.oprcanhash then ', hashes' end, case when o.oprcanmerge then ', merges' end) || ')']`,
  },
  {
    kind: "operator family", catalog: "pg_opfamily", oid: "f.oid", namespace: "f.opfnamespace", owner: "f.opfowner",
    name: `f.opfname || ' using ' || ${method("f.opfmethod")}`,
    what: `'operator family ' || ${qualified("f.opfnamespace", "f.opfname")} || ' using ' || ${method("f.opfmethod")}`,
    from: "pg_opfamily f",
    statements: `array_remove(array['create operator family ' || ${qualified("f.opfnamespace", "f.opfname")} || ' using ' || ${method("f.opfmethod")},
      'alter operator family ' || ${qualified("f.opfnamespace", "f.opfname")} || ' using ' || ${method("f.opfmethod")} || ' add ' || (${members("pg_opfamily", "f.oid", true)})], null)`,
  },
  {
    kind: "operator class", catalog: "pg_opclass", oid: "c.oid", namespace: "c.opcnamespace", owner: "c.opcowner",
    name: `c.opcname || ' using ' || ${method("c.opcmethod")}`,
    what: `'operator class ' || ${qualified("c.opcnamespace", "c.opcname")} || ' using ' || ${method("c.opcmethod")}`,
    from: "pg_opclass c join pg_opfamily f on f.oid = c.opcfamily",
    statements: `array['create operator class ' || ${qualified("c.opcnamespace", "c.opcname")} || case when c.opcdefault then ' default' else '' end
      || ' for type ' || format_type(c.opcintype, null) || ' using ' || ${method("c.opcmethod")} || ' family ' || ${qualified("f.opfnamespace", "f.opfname")} || ' as '
      || concat_ws(', ', case when c.opckeytype <> 0 then 'storage ' || format_type(c.opckeytype, null)
                              when not exists (select from pg_depend d where d.refclassid = 'pg_opclass'::regclass and d.refobjid = c.oid and d.classid in ('pg_amop'::regclass, 'pg_amproc'::regclass))
                              then 'storage ' || format_type(c.opcintype, null) end, (${members("pg_opclass", "c.oid", false)}))]`,
  },
  {
    kind: "text search parser", catalog: "pg_ts_parser", oid: "p.oid", namespace: "p.prsnamespace", name: "p.prsname", owner: null,
    what: `'text search parser ' || ${qualified("p.prsnamespace", "p.prsname")}`,
    from: "pg_ts_parser p",
    statements: `array['create text search parser ' || ${qualified("p.prsnamespace", "p.prsname")} || ' (start = ' || p.prsstart::regproc || ', gettoken = ' || p.prstoken::regproc
      || ', end = ' || p.prsend::regproc || ', lextypes = ' || p.prslextype::regproc || concat(${procedure("headline", "p.prsheadline")}) || ')']`,
  },
  {
    kind: "text search template", catalog: "pg_ts_template", oid: "t.oid", namespace: "t.tmplnamespace", name: "t.tmplname", owner: null,
    what: `'text search template ' || ${qualified("t.tmplnamespace", "t.tmplname")}`,
    from: "pg_ts_template t",
    statements: `array['create text search template ' || ${qualified("t.tmplnamespace", "t.tmplname")} || ' (lexize = ' || t.tmpllexize::regproc || concat(${procedure("init", "t.tmplinit")}) || ')']`,
  },
  {
    kind: "text search dictionary", catalog: "pg_ts_dict", oid: "d.oid", namespace: "d.dictnamespace", name: "d.dictname", owner: "d.dictowner",
    what: `'text search dictionary ' || ${qualified("d.dictnamespace", "d.dictname")}`,
    from: "pg_ts_dict d join pg_ts_template t on t.oid = d.dicttemplate",
    statements: `array['create text search dictionary ' || ${qualified("d.dictnamespace", "d.dictname")} || ' (template = ' || ${qualified("t.tmplnamespace", "t.tmplname")}
      || case when d.dictinitoption is not null then ', ' || d.dictinitoption else '' end || ')']`,
  },
  {
    kind: "text search configuration", catalog: "pg_ts_config", oid: "c.oid", namespace: "c.cfgnamespace", name: "c.cfgname", owner: "c.cfgowner",
    what: `'text search configuration ' || ${qualified("c.cfgnamespace", "c.cfgname")}`,
    from: "pg_ts_config c join pg_ts_parser p on p.oid = c.cfgparser",
    statements: `array['create text search configuration ' || ${qualified("c.cfgnamespace", "c.cfgname")} || ' (parser = ' || ${qualified("p.prsnamespace", "p.prsname")} || ')']
      || array(select 'alter text search configuration ' || ${qualified("c.cfgnamespace", "c.cfgname")} || ' add mapping for '
               || quote_ident((select tt.alias from ts_token_type(c.cfgparser) tt where tt.tokid = m.maptokentype)) || ' with '
               || string_agg(m.mapdict::regdictionary::text, ', ' order by m.mapseqno)
               from pg_ts_config_map m where m.mapcfg = c.oid group by m.maptokentype order by m.maptokentype)`,
  },
  {
    kind: "statistics", catalog: "pg_statistic_ext", oid: "s.oid", namespace: "s.stxnamespace", name: "s.stxname", owner: "s.stxowner", relation: "s.stxrelid",
    what: `'statistics ' || ${qualified("s.stxnamespace", "s.stxname")}`,
    from: "pg_statistic_ext s",
    statements: `array_remove(array[pg_get_statisticsobjdef(s.oid),
      case when coalesce(s.stxstattarget, -1) >= 0 then 'alter statistics ' || ${qualified("s.stxnamespace", "s.stxname")} || ' set statistics ' || s.stxstattarget end], null)`,
  },
  {
    kind: "conversion", catalog: "pg_conversion", oid: "c.oid", namespace: "c.connamespace", name: "c.conname", owner: "c.conowner",
    what: `'conversion ' || ${qualified("c.connamespace", "c.conname")}`,
    from: "pg_conversion c",
    statements: `array['create ' || case when c.condefault then 'default ' else '' end || 'conversion ' || ${qualified("c.connamespace", "c.conname")}
      || ' for ' || quote_literal(pg_encoding_to_char(c.conforencoding)) || ' to ' || quote_literal(pg_encoding_to_char(c.contoencoding)) || ' from ' || c.conproc::regproc]`,
  },
  {
    kind: "transform", catalog: "pg_transform", oid: "t.oid", owner: null,
    namespace: "(select y.typnamespace from pg_type y where y.oid = t.trftype and y.typnamespace <> 'pg_catalog'::regnamespace)",
    name: "format_type(t.trftype, null) || ' for ' || l.lanname",
    what: "'transform for ' || format_type(t.trftype, null) || ' language ' || quote_ident(l.lanname)",
    from: "pg_transform t join pg_language l on l.oid = t.trflang",
    statements: `array['create transform for ' || format_type(t.trftype, null) || ' language ' || quote_ident(l.lanname) || ' (' || concat_ws(', ',
      case when t.trffromsql <> 0 then 'from sql with function ' || t.trffromsql::regprocedure end,
      case when t.trftosql <> 0 then 'to sql with function ' || t.trftosql::regprocedure end) || ')']`,
  },
  {
    kind: "aggregate arguments", catalog: "pg_proc", oid: "p.oid", namespace: "p.pronamespace", owner: null,
    name: "p.proname || '(' || pg_get_function_arguments(p.oid) || ')'",
    what: "pg_get_function_arguments(p.oid)",
    parent: `jsonb_build_object('kind', 'aggregate', 'schema', (select n.nspname from pg_namespace n where n.oid = p.pronamespace), 'name', p.proname,
      'args', array(select format_type(u.t, null) from unnest(p.proargtypes) with ordinality u (t, place) order by u.place))`,
    from: "pg_proc p", where: "p.prokind = 'a' and (p.proargnames is not null or p.provariadic <> 0)",
    statements: "array['do ' || quote_literal('begin raise exception ''arguments of an aggregate cannot be changed''; end')]",
    undo: "'do ' || quote_literal('begin raise exception ''arguments of an aggregate cannot be changed''; end')",
  },
  {
    kind: "access method", catalog: "pg_am", oid: "a.oid", namespace: null, name: "a.amname", owner: null,
    what: "'access method ' || quote_ident(a.amname)", from: "pg_am a",
    statements: `array['create access method ' || quote_ident(a.amname) || ' type ' || case a.amtype when 't' then 'table' else 'index' end || ' handler ' || a.amhandler::regproc]`,
  },
];

const select = (one: Kind): string => {
  const schema = one.namespace === null ? "null::text" : `(select n.nspname::text from pg_namespace n where n.oid = ${one.namespace})`;
  return `select '${one.kind}' as kind, jsonb_build_array(${schema}, ${one.name})::text as key,
    ${one.parent ?? (one.relation === undefined ? `case when ${schema} is not null then jsonb_build_object('kind', 'schema', 'name', ${schema}) end` : relationId(one.relation))} as parent,
    '${one.catalog}' as catalog, ${one.oid}::text as oid, ${one.io ?? "null::oid[]"}::text[] as io, null as needs, ${one.what} as what, ${one.statements} as statements,
    ${one.undo ?? "null::text"} as undo, ${one.owner === null ? "null" : role(one.owner)}::text as owner, ${one.parent === undefined ? `obj_description(${one.oid}, '${one.catalog}')` : "null"} as comment
  from ${one.from}
  where ${isUsers(one.catalog, one.oid)}${one.where === undefined ? "" : ` and ${one.where}`}`;
};

/** Objects that the schema engine does not model, as the statements that make them. Names are qualified, as its search_path is pg_catalog. */
export const FURTHER_OBJECTS_SQL = KINDS.map(select).join("\nunion all\n");
