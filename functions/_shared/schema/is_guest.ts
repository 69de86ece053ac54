import type { Fact } from "@supabase/pg-delta/core";

/**
 * Schema that the platform makes and fills anew, and in whose tables a project says who may hear and send messages: of it a backup
 * has these policies and nothing else.
 */
export const GUEST_SCHEMA = "realtime";

/** Whether a fact is a policy without its table, which is the platform's. */
export function isGuest({ id, parent }: Fact): boolean {
  return id.kind === "policy" && id.schema === GUEST_SCHEMA && parent === undefined;
}
