import type { Fact, FactBase, StableId } from "@supabase/pg-delta/core";
import { selectFacts } from "../export/select_facts.ts";
import { schemasOf } from "../restore/adapt_facts.ts";
import { ALL_BEFORE_17 } from "../restore/all_before_17.ts";
import { nameOf, schemaOf } from "../restore/fact_edits.ts";
import { isSelected } from "../restore/select_tables.ts";
import { PLATFORM_OWNER } from "../schema/platform_owner.ts";
import type { ProofFinding } from "./proof.ts";
import { finding, type ProveContext } from "./proof_step.ts";

const CHECK = "check_access";

/** Roles that stand above row security wherever they are; that of a restore is allowed what it needs for it. */
const ADMIN = /^(postgres|supabase_.*|pgbouncer|cli_login_.*|dashboard_user|pg_.*|rds.*|azure.*|cloudsql.*)$/;

/** A way in which the target is more open than the source. */
interface Widening {
  subject: string;
  expected: string;
  actual: string;
}

/**
 * Compares who may do what: policies, row security, rights, default rights, rights of definer functions and roles. The target
 * may be stricter than the source, since rights of roles it lacks have nobody to go to, but never more open. Nothing is
 * taken for granted because a restore had to leave it out. Objects of the platform's own schemas are the platform's to guard;
 * policies on them are the project's.
 */
export function compareAccess(backup: FactBase, present: FactBase, context: Pick<ProveContext, "target" | "options" | "backup">): ProofFinding[] {
  const target = selectFacts(present, schemasOf(backup));
  const platform = new Set(context.target.platformSchemas);
  const sameCluster = context.target.systemIdentifier !== null && context.target.systemIdentifier === context.backup.manifest.server.system_identifier;
  const { only } = context.options;
  // What was not asked for is as the target had it.
  const isAsked = (id: StableId) => only === null || isSelected(only, relationOf(id));
  const isOurs = (id: StableId) => !platform.has(schemaOf(id) ?? "") && isAsked(id);
  const compared = { rights: 0, policies: 0, tables: 0, "default rights": 0, "definer objects": 0, roles: 0 };
  const found: Widening[] = [];
  const add = (kind: keyof typeof compared, widening: Widening | undefined) => {
    compared[kind] += 1;
    if (widening !== undefined) found.push(widening);
  };
  for (const fact of target.facts()) {
    const { id } = fact;
    if (id.kind === "acl" && isOurs(id)) add("rights", widerRights(backup, fact));
    else if (id.kind === "policy" && isAsked(id)) add("policies", widerPolicy(backup, fact));
    else if (id.kind === "table" && isOurs(id)) add("tables", weakerRowSecurity(backup, fact));
    else if (id.kind === "defaultPrivilege" && isOurs(id)) add("default rights", widerDefault(backup, fact, context.backup.manifest.server.version_num));
    else if (isDefiner(fact) && isOurs(id)) add("definer objects", strongerOwner(backup, target, fact));
    else if (!sameCluster && only === null && (id.kind === "role" || id.kind === "membership")) add("roles", strongerRole(backup, fact, context.target.role));
  }
  for (const fact of backup.facts()) {
    if (fact.id.kind === "policy" && isAsked(fact.id)) add("policies", missingRestriction(target, fact));
    // What the source had taken away from its built-in rights, and the target has not.
    else if (fact.id.kind === "defaultPrivilege" && isOurs(fact.id) && !target.has(fact.id)) add("default rights", unrevokedDefault(target, fact, context.target));
  }
  const findings = found.map(({ subject, expected, actual }) => finding(CHECK, subject, "failed", expected, actual));
  if (sameCluster) findings.push(finding(CHECK, "roles", "skipped", "no role has more rights", "the target is in the cluster of the source, whose roles it shares"));
  if (found.length === 0) findings.push(finding(CHECK, "rights", "passed", "nothing is more open than in the source", "nothing is more open than in the source", { compared }));
  return findings;
}

/** The relation an object belongs to; of others, the object itself, which may be wanted with its schema. */
function relationOf(id: StableId): { schema: string; name: string } {
  if (id.kind === "acl") return relationOf(id.target);
  return { schema: schemaOf(id) ?? "", name: "table" in id ? id.table : "name" in id ? id.name : "" };
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** What the second list has beyond the first. */
function beyond(before: readonly string[], after: readonly string[]): string[] {
  return after.filter((one) => !before.includes(one));
}

/** True where the object itself is not in the backup: nobody had rights on it there. */
function isForeign(backup: FactBase, id: StableId): boolean {
  return "target" in id && typeof id.target === "object" && !backup.has(id.target);
}

function widerRights(backup: FactBase, fact: Fact): Widening | undefined {
  const { id, payload } = fact;
  // An owner has all rights whatever is written down, and who owns what is compared elsewhere.
  if (id.kind !== "acl" || payload["_ownerDefault"] !== undefined || isForeign(backup, id)) return undefined;
  const source = backup.get(id);
  const whole = id.column === undefined ? undefined : backup.get({ kind: "acl", target: id.target, grantee: id.grantee });
  const had = [...strings(source?.payload["privileges"]), ...strings(whole?.payload["privileges"])];
  const hadGrantable = [...strings(source?.payload["grantable"]), ...strings(whole?.payload["grantable"])];
  const more = beyond(had, strings(payload["privileges"]));
  const grantable = beyond(hadGrantable, strings(payload["grantable"]));
  if (more.length === 0 && grantable.length === 0) return undefined;
  return { subject: nameOf(id), expected: had.length === 0 ? "no rights" : had.join(", "),
    actual: [...more, ...grantable.map((one) => `${one} with grant option`)].join(", ") };
}

function rolesOf(fact: Fact): string {
  return strings(fact.payload["roles"]).sort().join(", ");
}

const COMMANDS: Record<string, string> = { r: "select", a: "insert", w: "update", d: "delete", "*": "all" };

/** A permissive policy that the source lacks, or any that says something else: which of two conditions is wider cannot be told. */
function widerPolicy(backup: FactBase, fact: Fact): Widening | undefined {
  const { id, payload } = fact;
  if (id.kind !== "policy" || !backup.has({ kind: "table", schema: id.schema, name: id.table })) return undefined;
  const source = backup.get(id);
  if (source === undefined) {
    return payload["permissive"] === false ? undefined : { subject: nameOf(id), expected: "no such policy", actual: "a policy lets rows through" };
  }
  const differing = [
    ...(payload["cmd"] === source.payload["cmd"] ? [] : [`it is for ${COMMANDS[String(payload["cmd"])] ?? "other"} statements`]),
    ...(payload["permissive"] === source.payload["permissive"] ? [] : [payload["permissive"] === true ? "it permits" : "it restricts"]),
    ...(beyond(strings(source.payload["roles"]), strings(payload["roles"])).length === 0 ? [] : [`it is for ${rolesOf(fact)}`]),
    ...(payload["usingExpr"] === source.payload["usingExpr"] ? [] : ["its condition for rows is another one"]),
    ...(payload["checkExpr"] === source.payload["checkExpr"] ? [] : ["its condition for new rows is another one"]),
  ];
  return differing.length === 0 ? undefined : { subject: nameOf(id), expected: "as in the source", actual: differing.join(", ") };
}

/** A restrictive policy that is gone lets everything through that it held back. Without a permissive one, less is seen. */
function missingRestriction(target: FactBase, fact: Fact): Widening | undefined {
  const { id, payload } = fact;
  if (id.kind !== "policy" || payload["permissive"] !== false || target.has(id)) return undefined;
  if (!target.has({ kind: "table", schema: id.schema, name: id.table })) return undefined;
  return { subject: nameOf(id), expected: "a policy that restricts", actual: "it is missing" };
}

function weakerRowSecurity(backup: FactBase, fact: Fact): Widening | undefined {
  const source = backup.get(fact.id);
  if (source === undefined) return undefined;
  for (const [attribute, name] of [["rowSecurity", "row security"], ["forceRowSecurity", "row security for its owner"]] as const) {
    if (source.payload[attribute] === true && fact.payload[attribute] !== true) {
      return { subject: nameOf(fact.id), expected: `${name} is on`, actual: `${name} is off` };
    }
  }
  return undefined;
}

function widerDefault(backup: FactBase, fact: Fact, sourceVersionNum: number): Widening | undefined {
  const { id, payload } = fact;
  if (id.kind !== "defaultPrivilege" || id.grantee === id.role) return undefined;
  // Whoever makes nothing in this database gives nobody anything.
  if (id.schema !== null && !backup.has({ kind: "schema", name: id.schema })) return undefined;
  const source = backup.get(id)?.payload;
  const had = strings(source?.["privileges"]);
  // The same GRANT ALL of the platform means one more on a newer server.
  const all = sourceVersionNum < 170_000 && id.objtype === "r" && ALL_BEFORE_17.every((one) => had.includes(one)) ? ["MAINTAIN"] : [];
  const more = beyond([...had, ...all, ...builtIn(id)], strings(payload["privileges"]));
  const restored = source === undefined ? [] : beyond(strings(payload["_revokedDefault"]), strings(source["_revokedDefault"]));
  const wider = [...new Set([...more, ...restored])];
  return wider.length === 0 ? undefined
    : { subject: nameOf(id), expected: had.join(", ") || "no such rights", actual: wider.join(", ") };
}

/** What PostgreSQL gives to everybody unless it is taken away. */
function builtIn(id: StableId): string[] {
  if (id.kind !== "defaultPrivilege" || id.grantee !== "PUBLIC" || id.schema !== null) return [];
  return id.objtype === "f" ? ["EXECUTE"] : id.objtype === "T" ? ["USAGE"] : [];
}

/** In the source this role's new objects were closed to everybody; without the entry they are open. */
function unrevokedDefault(target: FactBase, fact: Fact, info: ProveContext["target"]): Widening | undefined {
  const { id } = fact;
  const revoked = strings(fact.payload["_revokedDefault"]);
  // Within a schema nothing can be revoked that is not granted there, so such an entry changes nothing.
  if (id.kind !== "defaultPrivilege" || revoked.length === 0 || id.schema !== null || id.grantee === id.role) return undefined;
  if (!target.has({ kind: "role", name: id.role }) && !info.roles.has(id.role)) return undefined;
  return { subject: nameOf(id), expected: `${revoked.join(", ")} taken away`, actual: revoked.join(", ") };
}

/** Functions and views that run with the rights of their owner. */
function isDefiner({ id, payload }: Fact): boolean {
  if (id.kind === "function" || id.kind === "procedure") return /\bSECURITY DEFINER\b/.test(String(payload["def"]).split(/\bAS\s+\$/)[0] ?? "");
  return id.kind === "view" && !strings(payload["reloptions"]).some((one) => /^security_invoker=(true|on|1|yes)$/i.test(one));
}

function ownerOf(base: FactBase, id: StableId): string | undefined {
  const owner = base.outgoingEdges(id).find((edge) => edge.kind === "owner")?.to;
  return owner?.kind === "role" ? owner.name : undefined;
}

function isAboveRowSecurity(base: FactBase, role: string | undefined): boolean {
  const payload = role === undefined ? undefined : base.get({ kind: "role", name: role })?.payload;
  return payload?.["superuser"] === true || payload?.["bypassRls"] === true;
}

function strongerOwner(backup: FactBase, target: FactBase, fact: Fact): Widening | undefined {
  const source = backup.get(fact.id);
  if (source === undefined) return undefined;
  if (!isDefiner(source)) return { subject: nameOf(fact.id), expected: "it runs with the rights of its caller", actual: "it runs with those of its owner" };
  const [before, after] = [ownerOf(backup, fact.id), ownerOf(target, fact.id)];
  // The tables that functions of the platform work on belong to their owner, whom row security does not hold either.
  if (before === undefined || PLATFORM_OWNER.test(before)) return undefined;
  if (before === after || after === undefined || isAboveRowSecurity(backup, before) || !isAboveRowSecurity(target, after)) return undefined;
  return { subject: nameOf(fact.id), expected: `it runs with the rights of ${before}`, actual: `it runs with those of ${after}, whom row security does not hold` };
}

const ATTRIBUTES = [["superuser", "SUPERUSER"], ["bypassRls", "BYPASSRLS"], ["createRole", "CREATEROLE"], ["replication", "REPLICATION"]] as const;

function strongerRole(backup: FactBase, fact: Fact, restorer: string): Widening | undefined {
  const { id, payload } = fact;
  if (id.kind === "membership") {
    const known = [id.role, id.member].every((name) => backup.has({ kind: "role", name }));
    if (!known || id.member === restorer || ADMIN.test(id.member) || backup.has(id)) return undefined;
    return { subject: nameOf(id), expected: "no such membership", actual: `${id.member} may act as ${id.role}` };
  }
  const source = backup.get(id);
  if (id.kind !== "role" || source === undefined || id.name === restorer || ADMIN.test(id.name)) return undefined;
  const more = ATTRIBUTES.filter(([attribute]) => payload[attribute] === true && source.payload[attribute] !== true).map(([, word]) => word);
  return more.length === 0 ? undefined : { subject: nameOf(id), expected: `no ${more.join(", ")}`, actual: more.join(", ") };
}
