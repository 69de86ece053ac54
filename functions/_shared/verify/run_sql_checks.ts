import { z } from "zod";
import type { Queryable } from "../database/queryable.ts";
import { sqlStateOf } from "../errors/from_postgres.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { verdictSchema } from "./verdict.ts";

const recordedFinding = z.object({
  check_name: z.string(),
  subject: z.string(),
  verdict: verdictSchema,
  expected: z.string().nullable(),
  actual: z.string().nullable(),
  evidence: z.record(z.string(), z.unknown()).nullable(),
});

/** A row of type backup.finding. */
export type RecordedFinding = z.infer<typeof recordedFinding>;

/** Names of the checks that run inside the database. */
export async function listSqlChecks(database: Queryable): Promise<string[]> {
  const { rows } = await database.query(
    "select n.name from backup.verification_check_names() as n (name) where n.name <> 'check_backup_objects'",
  );
  return z.array(z.object({ name: z.string() })).parse(rows).map(({ name }) => name);
}

/**
 * Runs one check and leaves no trace: its transaction is rolled back. A check that throws is inconclusive, and so is
 * one of a name that only looks like a check, since nothing but a listed name may reach the statement.
 *
 * @throws HoldfastError HF100 when there is no such check
 */
export async function runSqlCheck(database: Queryable, name: string): Promise<RecordedFinding[]> {
  if (!(await listSqlChecks(database)).includes(name)) throw new HoldfastError("HF100", `There is no check ${JSON.stringify(name)}`);
  await database.query("begin");
  try {
    const { rows } = await database.query(`select to_jsonb(f) as finding from backup."${name}"() as f`);
    const findings = rows.map((row) => recordedFinding.parse((row as { finding: unknown }).finding));
    if (findings.length > 0) return findings;
    return [{ check_name: name, subject: name, verdict: "skipped", expected: null, actual: "there is nothing to check", evidence: null }];
  } catch (error) {
    const sqlState = sqlStateOf(error);
    if (sqlState === undefined) throw error;
    return [{ check_name: name, subject: name, verdict: "inconclusive", expected: "the check runs to its end", actual: `error ${sqlState}`, evidence: { sqlstate: sqlState } }];
  } finally {
    await database.query("rollback");
  }
}
