import { type DependencyEdge, encodeId, type Fact, type FactBase, type StableId } from "@supabase/pg-delta/core";
import type { extract } from "@supabase/pg-delta/extract";
import { z } from "zod";
import { ancestorsOf } from "./ancestors_of.ts";
import { COLUMN_NOTES_SQL } from "./column_notes_sql.ts";
import { DEFAULT_RIGHTS_SQL } from "./default_rights_sql.ts";
import { FOREIGN_OPTIONS_SQL } from "./foreign_options_sql.ts";
import { furtherEdgesSql } from "./further_edges_sql.ts";
import { FURTHER, FURTHER_KINDS } from "./further_kinds.ts";
import { FURTHER_OBJECTS_SQL } from "./further_objects_sql.ts";
import { FURTHER_PARTS_SQL } from "./further_parts_sql.ts";
import { IDENTITY_NOTES_SQL } from "./identity_notes_sql.ts";
import { keyParts } from "./key_parts.ts";

type ExtensionHandler = NonNullable<NonNullable<Parameters<typeof extract>[1]>["handlers"]>[number];

const idSchema = z.custom<StableId>((value) => typeof value === "object" && value !== null && "kind" in value);

const rowSchema = z.object({
  kind: z.enum(FURTHER_KINDS), key: z.string(), parent: idSchema.nullable(), catalog: z.string().nullable(), oid: z.string().nullable(), io: z.array(z.string()).nullable(),
  needs: z.string().nullable(), what: z.string(), statements: z.array(z.string()), undo: z.string().nullable(), owner: z.string().nullable(), comment: z.string().nullable(),
});

const edgeSchema = z.object({ from_key: z.string(), from_id: idSchema.nullable(), to_key: z.string(), to_id: idSchema.nullable() });

const notesSchema = z.object({
  comment: z.string().nullable(),
  grants: z.array(z.object({ grantee: z.string(), privileges: z.array(z.string()), grantable: z.array(z.string()) })),
});
const columnNotesSchema = notesSchema.extend({ relation: idSchema, column: z.string() });
const defaultRightsSchema = z.object({
  role: z.string(), schema: z.string(), objtype: z.string(), grantee: z.string(), privileges: z.array(z.string()), grantable: z.array(z.string()),
});
const identityNotesSchema = notesSchema.extend({ column: idSchema, sequence: idSchema });

/** A type has to be there by name before the functions it is made of. */
const shellOf = (id: StableId): StableId => (id.kind === "extensionIntent" ? { ...id, intentKind: "type name" } : id);

/**
 * Lets the schema engine carry what it does not model itself: each object is a fact whose payload is the statements that make
 * it, with edges to what it needs and from what needs it, so that a plan orders, compares and proves it like the others.
 */
export const furtherObjects: ExtensionHandler = {
  extension: FURTHER,
  async capture(context, current) {
    const rows = z.array(rowSchema).parse(await context.query([FURTHER_OBJECTS_SQL, FURTHER_PARTS_SQL, FOREIGN_OPTIONS_SQL].join("\nunion all\n")));
    const facts: Fact[] = [];
    const edges: DependencyEdge[] = [];
    const own = new Map<string, StableId>();
    const shells = new Map<string, Set<string>>();
    const needs: [string, string][] = [];
    for (const [place, row] of rows.entries()) {
      if (row.parent !== null && !current.has(row.parent)) continue;
      const id: StableId = { kind: "extensionIntent", ext: FURTHER, intentKind: row.kind, key: row.key };
      const parent = row.parent === null ? {} : { parent: row.parent };
      const { what, statements, undo, owner, comment } = row;
      facts.push({ id, ...parent, payload: { what, statements, undo, owner, comment } });
      if (row.kind === "base type") {
        const shell = { id: shellOf(id), ...parent, payload: { what, statements: [`create ${what}`], undo: null, owner: null, comment: null } };
        facts.push(shell);
        edges.push({ from: id, to: shell.id, kind: "depends" });
      }
      // Those that pg_depend does not know get a key that it cannot have.
      const key = row.catalog === null || row.oid === null ? `pg_class:${4_000_000_000 + place}` : `${row.catalog}:${row.oid}`;
      own.set(key, id);
      for (const need of row.needs?.split(",") ?? []) needs.push([key, need]);
      shells.set(key, new Set((row.io ?? []).map((oid) => `pg_proc:${oid}`)));
    }
    if (own.size > 0) edges.push(...edgesBetween(z.array(edgeSchema).parse(await context.query(furtherEdgesSql([...own.keys()], needs))), own, shells, current));
    edges.push(...columnsOfTypedTables(facts, current), ...defaultsOfParents(facts, current));
    facts.push(...columnNotes(z.array(columnNotesSchema).parse(await context.query(COLUMN_NOTES_SQL)), current));
    facts.push(...identityNotes(z.array(identityNotesSchema).parse(await context.query(IDENTITY_NOTES_SQL)), current));
    facts.push(...defaultRights(z.array(defaultRightsSchema).parse(await context.query(DEFAULT_RIGHTS_SQL)), current));
    return { facts, edges };
  },
};

function edgesBetween(rows: readonly z.infer<typeof edgeSchema>[], own: ReadonlyMap<string, StableId>, shells: ReadonlyMap<string, ReadonlySet<string>>, current: FactBase): DependencyEdge[] {
  const edges = new Map<string, DependencyEdge>();
  for (const row of rows) {
    const from = own.get(row.from_key) ?? row.from_id;
    let to = own.get(row.to_key) ?? row.to_id;
    if (from === null || to === null) continue;
    if (shells.get(row.to_key)?.has(row.from_key) === true) to = shellOf(to);
    const isThere = (id: StableId) => id.kind === "extensionIntent" || current.has(id);
    // A table begins as a heap; only what gives it its storage method needs that method.
    const isHeap = (from.kind === "table" || from.kind === "materializedView") && to.kind === "extensionIntent" && to.intentKind === "access method";
    if (encodeId(from) === encodeId(to) || !isThere(from) || !isThere(to) || isHeap) continue;
    edges.set(`${encodeId(from)} ${encodeId(to)}`, { from, to, kind: "depends" });
  }
  return [...edges.values()];
}

/** A table takes on a row type when it has all of its columns. */
function columnsOfTypedTables(facts: readonly Fact[], current: FactBase): DependencyEdge[] {
  return facts.flatMap(({ id, parent }) => (id.kind === "extensionIntent" && id.intentKind === "row type" && parent !== undefined
    ? current.childrenOf(parent).filter((one) => one.id.kind === "column").map((one): DependencyEdge => ({ from: id, to: one.id, kind: "depends" })) : []));
}

/** A default that is set for a parent is set for its children as well, so theirs come later. */
function defaultsOfParents(facts: readonly Fact[], current: FactBase): DependencyEdge[] {
  return facts.flatMap(({ id, parent }) => {
    if (id.kind !== "extensionIntent" || id.intentKind !== "column default" || parent?.kind !== "table") return [];
    const column = keyParts(id.key)[2] ?? "";
    return ancestorsOf(parent, current).map(({ schema, name }): StableId => ({ kind: "default", schema, table: name, name: column }))
      .filter((to) => current.has(to)).map((to): DependencyEdge => ({ from: id, to, kind: "depends" }));
  });
}

function notesOn(target: StableId, parent: StableId, { comment, grants }: z.infer<typeof notesSchema>, acl: (grantee: string) => StableId): Fact[] {
  const facts: Fact[] = comment === null ? [] : [{ id: { kind: "comment", target }, parent, payload: { text: comment } }];
  for (const { grantee, privileges, grantable } of grants) facts.push({ id: acl(grantee), parent, payload: { privileges, grantable } });
  return facts;
}

/** Comments and rights of columns that have no fact: those of views, of composite types, and those a table has from its parents. */
function columnNotes(rows: readonly z.infer<typeof columnNotesSchema>[], current: FactBase): Fact[] {
  return rows.flatMap(({ relation, column, comment, grants }) => {
    if (!current.has(relation) || !("schema" in relation) || !("name" in relation)) return [];
    const target: StableId = { kind: "column", schema: relation.schema, table: relation.name, name: column };
    return notesOn(target, relation, { comment, grants }, (grantee) => ({ kind: "acl", target: relation, grantee, column }));
  });
}

/** Comments on, and rights of, the sequence of an identity column, which come and go with the column. */
function identityNotes(rows: readonly z.infer<typeof identityNotesSchema>[], current: FactBase): Fact[] {
  return rows.flatMap(({ column, sequence, ...notes }) =>
    (current.has(column) ? notesOn(sequence, column, notes, (grantee) => ({ kind: "acl", target: sequence, grantee })) : []));
}

/** Default rights in a schema that are those of PostgreSQL: the engine holds them for nothing said, though they give back what default rights of the whole database take. */
function defaultRights(rows: readonly z.infer<typeof defaultRightsSchema>[], current: FactBase): Fact[] {
  return rows.map(({ privileges, grantable, ...names }): Fact => ({ id: { kind: "defaultPrivilege", ...names }, payload: { privileges, grantable } })).filter(({ id }) => !current.has(id));
}
