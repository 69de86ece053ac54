/** Why there is no plan: the planner's reasons quote statements, which may hold anything; one within the first line, those of a cycle below it. */
export function planningReason(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const [reason = ""] = cause.message.replace(/ action ".*" (consumes|produces) /s, " an action $1 ").split("\n");
  return reason.replace(/:$/, "").slice(0, 500);
}
