import type { Client } from "pg";
import { z } from "zod";
import type { BackupConfig } from "../export/config.ts";
import { isSelected } from "../restore/select_tables.ts";
import { verdictSchema } from "../verify/verdict.ts";
import type { ProofFinding } from "./proof.ts";
import { finding, findingOfError, isPartial, type ProofStep, type ProveContext, type StepResult, subjectOf } from "./proof_step.ts";
import { inSavepoint, withHoldfast } from "./with_holdfast.ts";

/** Tables of up to this many bytes together are examined in one step. */
const GROUP_BYTES = 32 * 1024 * 1024;

const MIB = 1024 * 1024;

const recorded = z.object({
  check_name: z.string(), subject: z.string(), verdict: verdictSchema, expected: z.string().nullable(), actual: z.string().nullable(),
  evidence: z.record(z.string(), z.unknown()).nullable().transform((value) => value ?? {}),
});

/** Runs one call of a check and reads its findings. */
export async function callCheck(client: Client, check: string, call: string, values: unknown[], subject: string): Promise<ProofFinding[]> {
  try {
    return await inSavepoint(client, async () => {
      const { rows } = await client.query<{ finding: unknown }>(`select to_jsonb(f) as finding from ${call} as f`, values);
      return rows.map((row) => recorded.parse(row.finding));
    });
  } catch (error) {
    return [findingOfError(check, subject, "the check runs to its end", error)];
  }
}

/** Tables whose constraints and indexes are examined, partitioned ones included, with what reading them costs. */
async function examinedTables(client: Client, context: ProveContext): Promise<{ schema: string; name: string; bytes: number }[]> {
  const schemas = [...new Set(context.backup.manifest.tables.map((one) => one.schema))];
  const { rows } = await client.query<{ schema: string; name: string; bytes: string }>(
    `select n.nspname as schema, c.relname as name,
            (case c.relkind when 'p' then (select sum(pg_relation_size(p.relid)) from pg_catalog.pg_partition_tree(c.oid) p)
                            else pg_relation_size(c.oid) end)::text as bytes
     from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and n.nspname = any ($1)
       and not exists (select from pg_catalog.pg_depend d
                       where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
     order by 1, 2`, [schemas]);
  return rows.map((row) => ({ ...row, bytes: Number(row.bytes) })).filter((one) => isSelected(context.options.only, one));
}

/**
 * Steps that run the checks of schema backup in the restored database: constraints, foreign keys and indexes by groups of
 * tables, critical data, sample queries and the pgTAP tests.
 */
export async function sqlCheckSteps(client: Client, context: ProveContext, config: BackupConfig | undefined): Promise<ProofStep[]> {
  if (context.options.schemaOnly) return [];
  const groups: { schema: string; name: string; bytes: number }[][] = [];
  let filled = Infinity;
  for (const table of await examinedTables(client, context)) {
    if (filled + table.bytes > GROUP_BYTES) {
      groups.push([]);
      filled = 0;
    }
    groups.at(-1)?.push(table);
    filled += table.bytes;
  }
  return [
    ...groups.map((tables, index): ProofStep => ({
      id: `rules:${index + 1}/${groups.length}`, check_name: "check_constraints", heavy: false,
      weight: 2 * tables.reduce((sum, one) => sum + one.bytes, 0) + MIB,
      run: (session) => examine(session, tables),
    })),
    ...(isPartial(context) ? [] : expectationSteps(context, config)),
  ];
}

async function examine(client: Client, tables: readonly { schema: string; name: string }[]): Promise<Pick<StepResult, "findings" | "seconds_by_check">> {
  return withHoldfast(client, undefined, async () => {
    const findings: ProofFinding[] = [];
    const seconds: Record<string, number> = {};
    for (const check of ["check_constraints", "check_foreign_keys", "check_indexes"]) {
      const started = performance.now();
      for (const table of tables) findings.push(...await callCheck(client, check, `backup.${check}($1, $2)`, [table.schema, table.name], subjectOf(table)));
      seconds[check] = (performance.now() - started) / 1000;
    }
    return { findings: findings.map(asInTheSource), seconds_by_check: seconds };
  });
}

/**
 * A rule that is NOT VALID came back as it was: its rows are those of the source, so a violation is no damage of the restore. So did
 * an index that some partitions lack: the comparison of the schema fails where the source has it on all.
 * The weekly verification is where the source hears of it.
 */
function asInTheSource(one: ProofFinding): ProofFinding {
  if (one.verdict !== "failed" || (one.evidence["validated"] !== false && one.evidence["on_all_partitions"] !== false)) return one;
  return { ...one, verdict: "skipped", actual: `${one.actual ?? "NOT VALID"}, as in the source` };
}

function expectationSteps(context: ProveContext, config: BackupConfig | undefined): ProofStep[] {
  const absent = (check: string, subject: string) => (): Promise<{ findings: ProofFinding[] }> =>
    Promise.resolve({ findings: [finding(check, subject, "skipped", null, "the backup is older than config.json, so what was expected is not known")] });
  const step = (check_name: string, run: ProofStep["run"]): ProofStep => ({ id: check_name, check_name, weight: 4 * MIB, heavy: false, run });
  return [
    step("check_critical_data", config === undefined ? absent("check_critical_data", "critical tables") : (session) => withHoldfast(session, config, async () =>
      // A restored database is as old as its backup.
      ({ findings: orNothing("check_critical_data", "critical tables", "no table is configured as critical",
        await callCheck(session, "check_critical_data", "backup.check_critical_data(p_as_of => $1)", [context.backup.manifest.snapshot.at], "critical tables")) }))),
    step("run_sample_queries", config === undefined ? absent("run_sample_queries", "sample queries") : (session) => withHoldfast(session, config, async () =>
      ({ findings: orNothing("run_sample_queries", "sample queries", "no query is configured", await runSampleQueries(session)) }))),
    step("run_tests", (session) => withHoldfast(session, config, async () => ({ findings: await runTests(session) }))),
  ];
}

function orNothing(check: string, subject: string, why: string, findings: ProofFinding[]): ProofFinding[] {
  return findings.length > 0 ? findings : [finding(check, subject, "skipped", null, why)];
}

async function runSampleQueries(client: Client): Promise<ProofFinding[]> {
  const { rows } = await client.query<{ name: string }>("select q.name from backup.sample_queries q where q.enabled order by q.name");
  const findings: ProofFinding[] = [];
  for (const { name } of rows) {
    const run = () => callCheck(client, "run_sample_queries", "backup.run_sample_queries($1)", [name], name);
    let found = await run();
    // The first look at a database that was just filled reads from disk; the time budget is about one that is in use.
    if (found.some((one) => one.verdict === "failed" && Number(one.evidence["duration_ms"]) > Number(one.evidence["max_ms"]))) found = await run();
    findings.push(...found);
  }
  return findings;
}

/** Tests that Holdfast installs; each only repeats a check that the proof has run itself, with the source's flaws excused. */
const OWN_TESTS = ["test_row_counts", "test_foreign_keys", "test_critical_data", "test_sample_queries", "test_sequences", "test_constraints",
  "test_indexes", "test_row_security"];

async function runTests(client: Client): Promise<ProofFinding[]> {
  const { rows } = await client.query<{ name: string }>(
    `select p.proname as name from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
     where n.nspname = 'backup_tests' and p.prokind = 'f' and p.pronargs = 0 and p.proname ~ '^test' and p.proname <> all ($1) order by 1`, [OWN_TESTS]);
  if (rows.length === 0) return [finding("run_tests", "backup_tests", "skipped", "every test passes", "the project has no tests of its own; those of Holdfast repeat the checks above")];
  const { rows: [pgtap] } = await client.query<{ found: boolean }>("select backup._pgtap_schema() is not null as found");
  if (pgtap?.found !== true) {
    return [finding("run_tests", "backup_tests", "inconclusive", "every test passes", `pgTAP is not installed in the target, so ${rows.length} tests cannot run`, { tests: rows.length })];
  }
  const findings: ProofFinding[] = [];
  for (const { name } of rows) findings.push(...await callCheck(client, "run_tests", "backup.run_tests($1)", [name], `backup_tests.${name}`));
  return findings;
}
