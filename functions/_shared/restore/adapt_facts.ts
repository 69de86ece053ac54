import { encodeId, type Fact, type FactBase, type StableId } from "@supabase/pg-delta/core";
import { z } from "zod";
import { selectFacts } from "../export/select_facts.ts";
import { FURTHER, type FurtherKind } from "../schema/further_kinds.ts";
import { isGuest } from "../schema/is_guest.ts";
import { adaptCalls } from "./adapt_calls.ts";
import { adaptEventTriggers } from "./adapt_event_triggers.ts";
import { adaptExtensions } from "./adapt_extensions.ts";
import { adaptFurther } from "./adapt_further.ts";
import { adaptOwners } from "./adapt_owners.ts";
import { adaptPlatform } from "./adapt_platform.ts";
import { ALL_BEFORE_17 } from "./all_before_17.ts";
import { isRelation, nameOf, rebuild, schemaOf, without, withDependents } from "./fact_edits.ts";
import { leaveGuests } from "./leave_guests.ts";
import { narrowFacts } from "./narrow_facts.ts";
import type { LeftOut, RestoreOptions } from "./restore_context.ts";
import type { TargetInfo } from "./target.ts";

/** Both sides of a plan, made comparable. */
export interface AdaptedFacts {
  /** What the target has of the backup's schemas, without what is the target's own. */
  current: FactBase;
  /** What the target can have of the backup. */
  desired: FactBase;
  leftOut: LeftOut[];
}

/** Marks values that are not in a captured schema because they may be passwords. */
const REDACTED = /__(OPTION|SENSITIVE|CONN|REDACTED)[^"]*__/;

/** Whether something has such a value that no further fact has in plain. */
function isRedacted(fact: Fact, base: FactBase): boolean {
  const plain = base.childrenOf(fact.id).filter(({ id }) => id.kind === "extensionIntent" && id.ext === FURTHER && id.intentKind === "foreign options")
    .flatMap(({ payload }) => z.array(z.tuple([z.string(), z.string()])).parse(JSON.parse(String(payload["what"]))));
  return REDACTED.test(plain.reduce((text, [name]) => text.replace(`__OPTION_${name.toUpperCase()}__`, ""), JSON.stringify(fact.payload)));
}

/**
 * Adapts a captured schema to a target: what the target's role may not do, its platform owns or its server lacks is taken out
 * of the backup's side, and what the target has beyond the backup out of the other, so that a plan between the two neither
 * fails on the former nor drops the latter. Everything taken out of the backup's side is listed.
 *
 * @param backup facts of the backup's schema.json
 * @param present facts of the whole target
 */
export function adaptFacts(backup: FactBase, present: FactBase, target: TargetInfo, options: Pick<RestoreOptions, "only">, sourceVersionNum: number): AdaptedFacts {
  const leftOut: LeftOut[] = [];
  const everything = withoutExtensionComments(selectFacts(present, schemasOf(backup)));
  let desired = leaveConnections(backup, leftOut);
  desired = adaptExtensions(desired, everything, target, leftOut);
  desired = adaptCalls(desired, present, leftOut);
  desired = leaveGuests(desired, present, leftOut);
  desired = leaveRoles(desired, target, leftOut);
  desired = adaptPlatform(desired, everything, target, leftOut);
  desired = adaptOwners(desired, everything, target, leftOut);
  desired = adaptFurther(desired, everything, target, leftOut);
  desired = keepForeignSchemas(desired, everything, target);
  desired = leaveForeignDefaults(desired, everything, target, leftOut);
  desired = adaptEventTriggers(desired, everything);
  desired = grantMaintain(desired, target, sourceVersionNum);
  if (options.only !== null) desired = narrowFacts(desired, everything, options.only, leftOut);
  return { current: withoutExtras(everything, desired), desired, leftOut };
}

function withoutExtensionComments(base: FactBase): FactBase {
  const removed = new Map<string, StableId>();
  for (const { id } of base.facts()) if (id.kind === "comment" && id.target.kind === "extension") removed.set(encodeId(id), id);
  return without(base, removed);
}

/** Subscriptions would connect to their publisher, and credentials of foreign servers are not in a backup. */
function leaveConnections(base: FactBase, leftOut: LeftOut[]): FactBase {
  const roots: StableId[] = [];
  for (const fact of base.facts()) {
    const redacted = isRedacted(fact, base);
    if (fact.id.kind === "subscription") {
      roots.push(fact.id);
      leftOut.push({ reason: "secret", subject: nameOf(fact.id), message: "It would start to copy from its publisher, and its connection string is not in the backup. Create it by hand." });
    } else if (fact.id.kind === "userMapping" && redacted) {
      roots.push(fact.id);
      leftOut.push({ reason: "secret", subject: nameOf(fact.id), message: "Its credentials are not in the backup. Create it by hand." });
    } else if (redacted && (fact.id.kind === "server" || fact.id.kind === "fdw" || fact.id.kind === "foreignTable")) {
      leftOut.push({ reason: "secret", subject: nameOf(fact.id), message: "Options that may be credentials hold a placeholder. Set them with ALTER … OPTIONS." });
    }
  }
  return without(base, withDependents(base, roots));
}

/** Rights and policies of roles that the target does not have. */
function leaveRoles(base: FactBase, target: TargetInfo, leftOut: LeftOut[]): FactBase {
  const known = (role: string) => role === "PUBLIC" || role === "public" || role.startsWith("pg_") || target.roles.has(role);
  const removed = new Map<string, StableId>();
  const missing = new Map<string, number>();
  const leave = (id: StableId, role: string) => {
    for (const [key, one] of withDependents(base, [id])) removed.set(key, one);
    missing.set(role, (missing.get(role) ?? 0) + 1);
  };
  for (const { id, payload } of base.facts()) {
    if (id.kind === "acl" && !known(id.grantee)) leave(id, id.grantee);
    else if (id.kind === "userMapping" && !known(id.role)) leave(id, id.role);
    else if (id.kind === "defaultPrivilege" && !(known(id.role) && known(id.grantee))) leave(id, known(id.role) ? id.grantee : id.role);
    else if (id.kind === "policy") {
      const roles = Array.isArray(payload["roles"]) ? payload["roles"].map(String) : [];
      const unknown = roles.find((role) => !known(role));
      if (unknown !== undefined) {
        leave(id, unknown);
        leftOut.push({ reason: "role", subject: nameOf(id), message: `Role ${unknown} does not exist in the target.` });
      }
    }
  }
  for (const [role, count] of missing) {
    leftOut.push({ reason: "role", subject: `rights of ${role}`, message: `${count} rights or policies are not restored, as role ${role} does not exist in the target.` });
  }
  return without(base, removed);
}

/** Rights on a schema that somebody else owns cannot be changed; the target keeps them as they are. */
function keepForeignSchemas(desired: FactBase, current: FactBase, target: TargetInfo): FactBase {
  if (target.isSuperuser) return desired;
  const foreign = new Set<string>();
  for (const { id } of current.facts()) {
    const owner = id.kind === "schema" ? current.outgoingEdges(id).find((edge) => edge.kind === "owner")?.to : undefined;
    if (owner?.kind === "role" && target.roles.get(owner.name)?.isMember !== true) foreign.add(encodeId(id));
  }
  const isAbout = ({ id }: Fact) => (id.kind === "acl" || id.kind === "comment") && foreign.has(encodeId(id.target));
  return rebuild([...desired.facts().filter((fact) => !isAbout(fact)), ...current.facts().filter((fact) => isAbout(fact) && fact.parent !== undefined && desired.has(fact.parent))], desired.edges);
}

/** Default privileges can be changed only for roles one can act as; the target keeps what it has for others. */
function leaveForeignDefaults(desired: FactBase, current: FactBase, target: TargetInfo, leftOut: LeftOut[]): FactBase {
  if (target.isSuperuser) return desired;
  const isForeign = ({ id }: Fact) => id.kind === "defaultPrivilege" && target.roles.get(id.role)?.isMember !== true;
  const wanted = new Map(desired.facts().filter(isForeign).map((fact) => [encodeId(fact.id), fact]));
  const there = current.facts().filter(isForeign);
  for (const { id } of wanted.values()) {
    if (!current.has(id)) leftOut.push({ reason: "role", subject: nameOf(id), message: `${target.role} cannot act as the role they belong to.` });
  }
  return rebuild([...desired.facts().filter((fact) => !wanted.has(encodeId(fact.id))), ...there], desired.edges);
}

/** A table's owner has all rights on it; on a newer server all is more, and an owner without it could not run ANALYZE. */
function grantMaintain(desired: FactBase, target: TargetInfo, sourceVersionNum: number): FactBase {
  if (sourceVersionNum >= 170_000 || target.versionNum < 170_000) return desired;
  const facts = desired.facts().map((fact) => {
    const { id, payload } = fact;
    const owners = (id.kind === "acl" && isRelation(id.target) && payload["_ownerDefault"] !== undefined)
      || (id.kind === "defaultPrivilege" && id.objtype === "r" && id.grantee === id.role);
    const privileges = Array.isArray(payload["privileges"]) ? payload["privileges"].map(String) : [];
    if (!owners || !ALL_BEFORE_17.every((one) => privileges.includes(one))) return fact;
    return { ...fact, payload: { ...payload, privileges: [...new Set([...privileges, "MAINTAIN"])].sort(),
      ...(payload["_ownerDefault"] === undefined ? {} : { _ownerDefault: [...ALL_BEFORE_17, "MAINTAIN"].sort() }) } };
  });
  return rebuild(facts, desired.edges);
}

/** Whether the plan may take away what only the target has: it hangs on an object of the backup and holds no rows. */
function mayGo({ id, parent }: Fact, desired: FactBase): boolean {
  if (id.kind === "defaultPrivilege") return true;
  if (parent === undefined || !desired.has(parent)) return false;
  if (id.kind === "extensionIntent") return id.ext === FURTHER && id.intentKind === ("index of some" satisfies FurtherKind);
  return ["acl", "comment", "securityLabel", "policy", "default", "constraint", "index", "trigger", "rule"].includes(id.kind);
}

/** What the target has beyond the backup is none of a restore's business. Views stay as well, and so what they need. */
function withoutExtras(current: FactBase, desired: FactBase): FactBase {
  const removed = new Map<string, StableId>();
  const hide = (id: StableId): void => {
    removed.set(encodeId(id), id);
    for (const child of current.childrenOf(id)) hide(child.id);
  };
  for (const fact of current.facts()) {
    if (fact.id.kind !== "role" && !desired.has(fact.id) && !mayGo(fact, desired)) hide(fact.id);
  }
  return without(current, removed);
}

/** Schemas whose objects are in the backup. One that is only where extensions live is there with its rights and without its objects. */
export function schemasOf(backup: FactBase): Set<string> {
  const homes = new Set(backup.facts().flatMap(({ id, payload }) => (id.kind === "extension" ? [payload["schema"]] : [])));
  const names = new Set<string>();
  for (const fact of backup.facts()) {
    const { id } = fact;
    const schema = schemaOf(id);
    const about = id.kind === "acl" || id.kind === "comment" ? id.target : id;
    if (isGuest(backup.get(about) ?? fact)) continue;
    if (schema !== null && (about.kind !== "schema" || !homes.has(schema))) names.add(schema);
  }
  return names;
}
