import { buildFactBase, type DependencyEdge, type Fact, type FactBase, type StableId } from "@supabase/pg-delta/core";
import type { TargetInfo } from "../../functions/_shared/restore/target.ts";

export const table = (name: string, schema = "public") => ({ kind: "table", schema, name }) as const satisfies StableId;
export const role = (name: string) => ({ kind: "role", name }) as const satisfies StableId;
export const schema = (name: string) => ({ kind: "schema", name }) as const satisfies StableId;
export const acl = (target: StableId, grantee: string) => ({ kind: "acl", target, grantee }) as const satisfies StableId;

export function fact(id: StableId, payload: Fact["payload"] = {}, parent?: StableId): Fact {
  return parent === undefined ? { id, payload } : { id, payload, parent };
}

export const depends = (from: StableId, to: StableId): DependencyEdge => ({ from, to, kind: "depends" });
export const owner = (from: StableId, name: string): DependencyEdge => ({ from, to: role(name), kind: "owner" });

/** A captured schema of these facts, without a database. */
export function facts(all: readonly Fact[], edges: readonly DependencyEdge[] = []): FactBase {
  return buildFactBase([...all], [...edges], "liveDb");
}

/** A target that restores as postgres, which may act as itself and anon, and has no platform. */
export function targetInfo(change: Partial<TargetInfo> = {}): TargetInfo {
  return {
    database: "restored", systemIdentifier: "2", databaseOid: 5, encoding: "UTF8", version: "17.0", versionNum: 170_000, role: "postgres", isSuperuser: false,
    mayCreate: true, platformSchemas: [], mayReplicate: true, eventTriggers: [], roles: new Map([["postgres", { isMember: true }], ["anon", { isMember: true }], ["supabase_admin", { isMember: false }]]),
    availableExtensions: new Map(), installedExtensions: new Map(), creatableExtensions: new Set(), userTables: [], hasPgCron: false, hasHoldfast: true, hasRestoreState: false,
    ...change,
  };
}
