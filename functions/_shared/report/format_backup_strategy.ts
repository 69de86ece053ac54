import { z } from "zod";
import type { Queryable } from "../database/queryable.ts";

/** The backup strategy as Markdown, with what is not configured, next runs and a cost estimate: backup.strategy_report(). */
export async function formatBackupStrategy(database: Queryable): Promise<string> {
  const { rows } = await database.query("select backup.strategy_report() as report");
  return z.object({ report: z.string() }).parse(rows[0]).report;
}
