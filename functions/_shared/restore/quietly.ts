import type { TargetInfo } from "./target.ts";

/**
 * What a transaction begins with so that ordinary triggers and event triggers of the target, which may call outward, do not
 * hear of it: a statement with its semicolon, or nothing where the role may not do this.
 */
export function quietly({ mayReplicate }: Pick<TargetInfo, "mayReplicate">): string {
  return mayReplicate ? "set local session_replication_role = replica; " : "";
}
