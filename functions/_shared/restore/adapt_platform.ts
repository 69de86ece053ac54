import { encodeId, type Fact, type FactBase } from "@supabase/pg-delta/core";
import { isGuest } from "../schema/is_guest.ts";
import { PLATFORM_OWNER } from "../schema/platform_owner.ts";
import { nameOf, rebuild, schemaOf } from "./fact_edits.ts";
import type { LeftOut } from "./restore_context.ts";
import type { TargetInfo } from "./target.ts";

/** What a project adds to tables of the platform. Everything else of the platform's schemas stays as the target has it. */
function isUsers(fact: Fact, backup: FactBase, current: FactBase, platform: ReadonlySet<string>): boolean {
  const { id } = fact;
  if (id.kind === "comment") return id.target.kind === "policy" || id.target.kind === "trigger" ? isUsersTarget(id.target, backup, current, platform) : false;
  if (id.kind === "policy") return isGuest(fact) || current.has({ kind: "table", schema: id.schema, name: id.table });
  if (id.kind !== "trigger") return false;
  const calls = backup.outgoingEdges(id).filter((edge) => edge.to.kind === "function");
  return current.has({ kind: "table", schema: id.schema, name: id.table }) && calls.some((edge) => !platform.has(schemaOf(edge.to) ?? ""));
}

function isUsersTarget(id: Fact["id"], backup: FactBase, current: FactBase, platform: ReadonlySet<string>): boolean {
  const target = backup.get(id);
  return target !== undefined && isUsers(target, backup, current, platform);
}

/** Whether a role of the project owns it: what the platform makes belongs to its own roles. */
function isOwned({ id }: Fact, backup: FactBase): boolean {
  const owner = backup.outgoingEdges(id).find((edge) => edge.kind === "owner")?.to;
  return owner?.kind === "role" && !PLATFORM_OWNER.test(owner.name);
}

/**
 * Schemas of the platform are taken from the target, not from the backup: another version of the platform may have made
 * them, and no DDL is allowed in them. Policies and triggers that call functions of the project come from the backup.
 */
export function adaptPlatform(backup: FactBase, current: FactBase, target: TargetInfo, leftOut: LeftOut[]): FactBase {
  const platform = new Set(target.platformSchemas);
  if (platform.size === 0) return backup;
  const inPlatform = (fact: Fact) => platform.has(schemaOf(fact.id) ?? "");
  const facts = new Map<string, Fact>();
  const differing = new Map<string, number>();
  for (const fact of backup.facts()) {
    if (!inPlatform(fact)) {
      facts.set(encodeId(fact.id), fact);
      continue;
    }
    const schema = schemaOf(fact.id) ?? "";
    if (isUsers(fact, backup, current, platform)) facts.set(encodeId(fact.id), fact);
    else if (current.has(fact.id)) continue;
    else if (isOwned(fact, backup)) {
      leftOut.push({ reason: "platform", subject: nameOf(fact.id), message: `It is the project's, and the target's schema ${schema} may not be changed. Make it in a schema of the project.` });
    }
    else if (fact.id.kind === "table" || (fact.id.kind === "column" && current.has({ kind: "table", schema, name: fact.id.table }))) {
      leftOut.push({ reason: "platform", subject: nameOf(fact.id), message: `The target's schema ${schema} does not have it and may not be changed.` });
    } else differing.set(schema, (differing.get(schema) ?? 0) + 1);
  }
  for (const [schema, count] of differing) {
    leftOut.push({ reason: "platform", subject: `schema ${schema}`,
      message: `${count} of its smaller objects are not in the target, whose platform has another version of this schema.` });
  }
  for (const fact of current.facts()) {
    // A policy or trigger that only the target has would stay and speak for nobody.
    if (inPlatform(fact) && !facts.has(encodeId(fact.id))) facts.set(encodeId(fact.id), fact);
  }
  const ownEdges = backup.edges.filter((edge) => {
    const from = backup.get(edge.from);
    return from !== undefined && facts.get(encodeId(edge.from)) === from;
  });
  const theirEdges = current.edges.filter((edge) => {
    const from = current.get(edge.from);
    return from !== undefined && facts.get(encodeId(edge.from)) === from;
  });
  return rebuild([...facts.values()], [...ownEdges, ...theirEdges]);
}
