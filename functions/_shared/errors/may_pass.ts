import { sqlStateOf } from "./from_postgres.ts";
import { HoldfastError } from "./holdfast_error.ts";

/** Failures of the storage or the server that another attempt may not meet. A refusal (HF206: no space, wrong region) stays. */
const PASSING_CODES = new Set(["HF203", "HF207", "HF104"]);

/** True when it is worth trying the same again later. */
export function mayPass(error: unknown): boolean {
  if (error instanceof HoldfastError) return PASSING_CODES.has(error.code);
  // 08 connection, 40 rollback, 53 out of resources, 55P03 lock timeout, 57 operator or system intervention
  return /^(08|40|53|57)|^55P03$/.test(sqlStateOf(error) ?? "");
}
