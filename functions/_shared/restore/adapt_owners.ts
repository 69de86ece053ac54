import { encodeId, type DependencyEdge, type Fact, type FactBase } from "@supabase/pg-delta/core";
import { nameOf, rebuild } from "./fact_edits.ts";
import type { LeftOut } from "./restore_context.ts";
import type { TargetInfo } from "./target.ts";

/** Whether this role may hand objects to that one. */
function maySetOwner(target: TargetInfo, role: string): boolean {
  const known = target.roles.get(role);
  return known !== undefined && (target.isSuperuser || known.isMember);
}

/**
 * Gives objects of roles that are missing, or that this role may not act as, to whoever owns them in the target already, or
 * to the role of the restore. What the former owner was allowed is then the new one's, as REASSIGN OWNED has it: a plan that
 * kept the rights apart would take them from the owner.
 */
export function adaptOwners(desired: FactBase, current: FactBase, target: TargetInfo, leftOut: LeftOut[]): FactBase {
  const owners = new Map<string, { from: string; to: string }>();
  const edges: DependencyEdge[] = [];
  const counts = new Map<string, number>();
  for (const edge of desired.edges) {
    const present = edge.kind !== "owner" || current.get(edge.from) === undefined ? undefined
      : current.outgoingEdges(edge.from).find((one) => one.kind === "owner")?.to;
    // A schema of the platform cannot be taken from it; anything else with a foreign owner is a difference that has to show.
    const isFree = edge.from.kind !== "schema" || present?.kind !== "role" || maySetOwner(target, present.name);
    if (edge.kind !== "owner" || edge.to.kind !== "role" || (isFree && maySetOwner(target, edge.to.name))) {
      edges.push(edge);
      continue;
    }
    const to = present?.kind === "role" ? present.name : target.role;
    if (to === edge.to.name) {
      edges.push(edge);
      continue;
    }
    owners.set(encodeId(edge.from), { from: edge.to.name, to });
    edges.push({ ...edge, to: { kind: "role", name: to } });
    if (!isFree) {
      leftOut.push({ reason: "role", subject: `owner of ${nameOf(edge.from)}`, message: `It stays with ${to}, as ${target.role} cannot take it; in the backup it belongs to ${edge.to.name}.` });
      continue;
    }
    counts.set(edge.to.name, (counts.get(edge.to.name) ?? 0) + 1);
  }
  for (const [role, count] of counts) {
    leftOut.push({ reason: "role", subject: `ownership by ${role}`,
      message: `${count} objects belong to ${target.role} or their present owner instead, as ${target.role} cannot give them to ${role}.` });
  }
  if (owners.size === 0) return desired;
  const facts = new Map<string, Fact>();
  for (const fact of desired.facts()) {
    const change = fact.id.kind === "acl" ? owners.get(encodeId(fact.id.target)) : undefined;
    if (change === undefined || fact.id.kind !== "acl") facts.set(encodeId(fact.id), fact);
    else if (fact.id.grantee === change.from) {
      const id = { ...fact.id, grantee: change.to };
      facts.set(encodeId(id), { ...fact, id });
    } else if (fact.id.grantee !== change.to) facts.set(encodeId(fact.id), fact);
    // The new owner's own grants give way to those of the owner, unless that one had none.
    else if (!facts.has(encodeId(fact.id))) facts.set(encodeId(fact.id), fact);
  }
  const kept = [...facts.values()];
  // Roles that nobody backed up, such as the one that restores, still have to be there for an owner edge to lead to.
  const roles = new Set(kept.flatMap(({ id }) => (id.kind === "role" ? [id.name] : [])));
  for (const { to } of owners.values()) {
    if (!roles.has(to)) kept.push({ id: { kind: "role", name: to }, payload: {} });
    roles.add(to);
  }
  return rebuild(kept, edges);
}
