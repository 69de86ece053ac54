import { encodeId, type Fact, type FactBase, type StableId } from "@supabase/pg-delta/core";
import { nameOf, rebuild, without, withDependents } from "./fact_edits.ts";
import type { LeftOut } from "./restore_context.ts";
import type { TargetInfo } from "./target.ts";

/**
 * Extensions the target has stay where and how they are; those it cannot have are left out with all that depends on them.
 * Versions are the target's business: CREATE EXTENSION takes its default one.
 */
export function adaptExtensions(backup: FactBase, current: FactBase, target: TargetInfo, leftOut: LeftOut[]): FactBase {
  const impossible = backup.facts().filter(({ id }) => id.kind === "extension"
    && !target.installedExtensions.has(id.name) && !target.creatableExtensions.has(id.name));
  const removed = new Map<string, StableId>();
  const needs = new Map<string, string[]>();
  for (const { id } of impossible) {
    for (const [key, one] of withDependents(backup, [id])) {
      removed.set(key, one);
      needs.set(key, [...needs.get(key) ?? [], nameOf(id)]);
    }
  }
  for (const [key, id] of removed) {
    if (id.kind === "comment" || id.kind === "acl" || id.kind === "column" || id.kind === "default") continue;
    leftOut.push(id.kind === "extension"
      ? { reason: "extension", subject: nameOf(id), message: `${target.role} cannot create it on this server.` }
      : { reason: "extension", subject: nameOf(id), message: `It needs ${(needs.get(key) ?? []).join(", ")}.` });
  }
  const kept = without(backup, removed);
  const facts: Fact[] = [];
  for (const fact of kept.facts()) {
    // The extension's script writes its comment, in words of its version, and its owner may be the platform.
    if (fact.id.kind === "comment" && fact.id.target.kind === "extension") continue;
    const present = fact.id.kind === "extension" ? current.get(fact.id) : undefined;
    if (present !== undefined && present.payload["schema"] !== fact.payload["schema"]) {
      leftOut.push({ reason: "extension", subject: nameOf(fact.id),
        message: `It stays in schema ${String(present.payload["schema"])} of the target; the backup had it in ${String(fact.payload["schema"])}.` });
    }
    facts.push(present === undefined ? fact : { ...fact, payload: present.payload });
  }
  const stays = new Set(facts.flatMap(({ id }) => (id.kind === "extension" && current.has(id) ? [encodeId(id)] : [])));
  const edges = kept.edges.filter((edge) => !stays.has(encodeId(edge.from)));
  return rebuild(facts, [...edges, ...current.edges.filter((edge) => stays.has(encodeId(edge.from)))]);
}
