import type { Queryable } from "../database/queryable.ts";
import { formatVerificationReport } from "./format_verification_report.ts";
import { newestVerificationId, readVerification } from "./read_verification.ts";

/**
 * The report of a verification, or of the newest finished one; null when there is none.
 * One whose last answer came from a pg_cron job may have no stored report yet; it is written from its answers then.
 *
 * @throws HoldfastError HF006 when the verification asked for does not exist
 */
export async function latestReport(database: Queryable, verificationId?: string): Promise<string | null> {
  const id = verificationId ?? (await newestVerificationId(database, true));
  if (id === null) return null;
  const data = await readVerification(database, id);
  return data.report ?? formatVerificationReport(data);
}
