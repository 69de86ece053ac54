import { encodeId, type Fact, type FactBase } from "@supabase/pg-delta/core";
import { FURTHER, type FurtherKind } from "../schema/further_kinds.ts";
import { nameOf, rebuild, without, withDependents } from "./fact_edits.ts";
import type { LeftOut } from "./restore_context.ts";
import type { TargetInfo } from "./target.ts";

/** What PostgreSQL lets superusers make only. */
const SUPERUSERS: readonly FurtherKind[] = ["type name", "base type", "operator family", "operator class", "access method", "text search parser", "text search template"];

function isSuperusers({ id, payload: { statements } }: Fact): boolean {
  if (id.kind !== "extensionIntent" || id.ext !== FURTHER) return false;
  return SUPERUSERS.some((kind) => kind === id.intentKind) || (id.intentKind === "cast" && / without function/.test(String(statements)));
}

/**
 * Objects that the schema engine does not model, made fit for a target: without those that its role may not make and what
 * cannot be without them, and with owners that it may set.
 */
export function adaptFurther(desired: FactBase, current: FactBase, target: TargetInfo, leftOut: LeftOut[]): FactBase {
  const impossible = target.isSuperuser ? [] : desired.facts().filter((fact) => isSuperusers(fact) && !current.has(fact.id));
  const removed = withDependents(desired, impossible.map(({ id }) => id));
  const roots = new Set(impossible.map(({ id }) => encodeId(id)));
  for (const [key, id] of removed) {
    if (id.kind === "comment" || id.kind === "acl" || id.kind === "column" || id.kind === "default" || (id.kind === "extensionIntent" && id.intentKind === "type name")) continue;
    leftOut.push({ reason: "role", subject: nameOf(id),
      message: roots.has(key) ? `Only a superuser can make it, and ${target.role} is none.` : "It needs what only a superuser can make." });
  }
  const kept = without(desired, removed);
  const counts = new Map<string, number>();
  const facts = kept.facts().map((fact) => {
    const { owner } = fact.payload;
    if (fact.id.kind !== "extensionIntent" || fact.id.ext !== FURTHER || typeof owner !== "string") return fact;
    const known = target.roles.get(owner);
    if (known !== undefined && (target.isSuperuser || known.isMember)) return fact;
    const present = current.get(fact.id)?.payload["owner"];
    if (present === owner) return fact;
    counts.set(owner, (counts.get(owner) ?? 0) + 1);
    return { ...fact, payload: { ...fact.payload, owner: typeof present === "string" ? present : target.role } };
  });
  for (const [role, count] of counts) {
    leftOut.push({ reason: "role", subject: `ownership by ${role}`, message: `${count} operators, dictionaries and the like belong to ${target.role} or their present owner instead.` });
  }
  return counts.size === 0 ? kept : rebuild(facts, kept.edges);
}
