import type { Queryable } from "../../database/queryable.ts";
import { HoldfastError } from "../../errors/holdfast_error.ts";
import type { ObjectStorage } from "../../verify/object_storage.ts";
import { readReport } from "./read_report.ts";
import { renderReportPage } from "./render_report_page.ts";

/**
 * Puts the report of a finished verification into the bucket as a page, beside the runs, and notes its key. Returns the key,
 * or null where it was not stored: without a bucket, before the first run, or when the bucket refuses it,
 * which must not undo a verification. What was stored before stays as it is.
 */
export async function storeReportPage(database: Queryable, storage: ObjectStorage, verificationId: string): Promise<string | null> {
  if (storage.state !== "ready" || storage.writer === undefined) return null;
  const { rows: [found] } = await database.query(
    `select v.page_key as stored, regexp_replace(r.object_prefix, 'runs/[^/]+/$', 'reports/') ||
            to_char(v.finished_at at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z"') || '-' || v.verification_id || '.html' as key
     from backup.verifications v
     left join lateral (select a.object_prefix from backup.runs a order by a.requested_at desc, a.run_id desc limit 1) as r on true
     where v.verification_id = $1`, [verificationId]);
  const { stored, key } = found as { stored: string | null; key: string | null };
  if (stored !== null || key === null) return stored;
  const page = new TextEncoder().encode(renderReportPage(await readReport(database, verificationId)));
  try {
    await storage.writer.putObject(key, page, { contentType: "text/html; charset=utf-8" });
  } catch (error) {
    if (error instanceof HoldfastError) return null;
    throw error;
  }
  await database.query("update backup.verifications set page_key = $2 where verification_id = $1", [verificationId, key]);
  return key;
}
