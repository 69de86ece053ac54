import { writeFile } from "node:fs/promises";
import { connect } from "../../functions/_shared/database/connect.ts";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import type { Proof } from "../../functions/_shared/prove/proof.ts";
import { formatProofReport } from "../../functions/_shared/prove/format_proof_report.ts";
import { formatBytes, formatCount, formatDuration } from "../../functions/_shared/report/format_quantity.ts";
import { findBackup, listBackups } from "../../functions/_shared/restore/backup_source.ts";
import { describeAmount, describeFrozen, summarizeFrozen, usualThawTime } from "../../functions/_shared/restore/describe_frozen.ts";
import { findFrozenHead } from "../../functions/_shared/restore/find_frozen_head.ts";
import { planRestore, type RestorePlan } from "../../functions/_shared/restore/plan_restore.ts";
import { type RestoreRequest } from "../../functions/_shared/restore/prepare_restore.ts";
import { restoreBackup, type RestoreResult } from "../../functions/_shared/restore/restore_backup.ts";
import type { LeftOut, RestoreProgress } from "../../functions/_shared/restore/restore_context.ts";
import { describeUsualTime } from "../../functions/_shared/s3/retrieval_tiers.ts";
import { createS3Client, type S3Client } from "../../functions/_shared/s3/s3_client.ts";
import { parseS3Config } from "../../functions/_shared/s3/s3_config.ts";
import type { CommandContext, ExitCode, RegisterCommand } from "../command_context.ts";
import { configForUrl } from "../config_for_url.ts";
import { describeHelp } from "../describe_help.ts";
import { formatColumns } from "../format_columns.ts";
import { exitCodeFor } from "../exit_code_for.ts";
import { parseWorkers } from "../parse_workers.ts";
import { addIdentityOption, readIdentities } from "../read_identities.ts";
import { returnMemory } from "../return_memory.ts";
import { reportAsked, thawFirst, type Thawed, thawJson } from "../thaw_first.ts";
import { addThawOptions, DEFAULT_TIER, readThawRequest, type ThawFlags, type ThawRequest } from "../thaw_options.ts";
import { warnUnverified } from "../warn_unverified.ts";

interface RestoreFlags extends ThawFlags {
  from?: string;
  to?: string;
  project?: string;
  only: string[];
  schema: string[];
  dataOnly: boolean;
  schemaOnly: boolean;
  intoExisting?: string;
  dryRun: boolean;
  list: boolean;
  skipDamaged: boolean;
  prove: boolean;
  workers: number;
  proof?: string;
  identity: string[];
}

export const registerRestore: RegisterCommand = (program, run) => {
  const gather = (value: string, before: string[]) => [...before, value];
  const command = program
    .command("restore")
    .description("restore a backup from the bucket into a database, and prove it; needs no ledger and no source")
    .option("--from <run>", "run id, latest, or latest-verified")
    .option("--to <url>", "database to restore into (default: HOLDFAST_TARGET_URL)")
    .option("--project <name>", "project, where the bucket holds several")
    .option("--only <schema.table>", "this table and what it needs; can be repeated", gather, [])
    .option("--schema <name>", "this schema and what it needs; can be repeated", gather, [])
    .option("--data-only", "rows and sequence positions, into tables that are there and empty", false)
    .option("--schema-only", "no rows", false)
    .option("--into-existing <database>", "go on although the target has tables; repeat the name of its database")
    .option("--dry-run", "print what would be done", false)
    .option("--list", "print the restore points of the bucket", false)
    .option("--skip-damaged", "leave out rows of missing or damaged objects, and list them", false)
    .option("--no-prove", "do not compare the result with the backup")
    .option("--proof <file>", "where the proof is written (default: proof-<run>.json)")
    .option("--workers <n>", "sessions that work side by side", parseWorkers, 2);
  addThawOptions(command);
  addIdentityOption(command);
  describeHelp(command, "holdfast restore --from latest --to postgresql://postgres:…@db.example.com:5432/postgres",
    "0 restored and proven, 1 bug, 2 usage, 3 refused or failed, 10 proof failed or rows lost, 11 proof inconclusive, 12 thawing was asked for: call again");
  command.action(async (flags: RestoreFlags) => run(command, (context) => act(context, flags)));
};

async function act(context: CommandContext, flags: RestoreFlags): Promise<ExitCode> {
  const s3 = openBucket(context);
  if (flags.list) return list(context, s3, flags.project);
  const thaw = readThawRequest(flags);
  const asked = { ...readRequest(context, s3, flags), identities: await readIdentities(flags.identity, context.env) };
  if (flags.dryRun) {
    const plan = await context.withProgress("Planning", () => planRestore(asked));
    if (context.options.json) context.printJson(planJson(plan, thaw));
    else printPlan(context, plan, thaw);
    return 0;
  }
  if (thaw === null) return await restore(context, flags, asked, null, null);
  // A newer run may come while this one is thawed.
  const listed = await context.withProgress("Choosing a restore point", () => findBackup(s3, asked.from, asked.project));
  const request = { ...asked, from: listed.runId, project: listed.project };
  const whole = flags.only.length === 0 && flags.schema.length === 0 && !flags.schemaOnly;
  const thawed = await thawFirst(context, s3, thaw, [() => findFrozenHead(s3, listed, whole), async () => (await planRestore(request)).frozen]);
  if (!thawed.readable) return reportAsked(context, listed.runId, thawed, thaw);
  return await restore(context, flags, { ...request, thawSeconds: thawed.seconds }, thawed, thaw);
}

async function restore(context: CommandContext, flags: RestoreFlags, request: RestoreRequest, thawed: Thawed | null, thaw: ThawRequest | null): Promise<ExitCode> {
  await returnMemory();
  const result = await context.withProgress("Restoring", (update) =>
    restoreBackup({ ...request, onProgress: (progress) => update(describeProgress(progress)) }));
  return report(context, flags, result, thawJson(thawed, thaw));
}

function openBucket(context: CommandContext): S3Client {
  const config = parseS3Config(context.env);
  if (config !== null) return createS3Client(config);
  throw new HoldfastError("HF007", "S3 is not configured", { hint: "Set HOLDFAST_S3_BUCKET, HOLDFAST_S3_ACCESS_KEY_ID and HOLDFAST_S3_SECRET_ACCESS_KEY." });
}

function readRequest(context: CommandContext, s3: S3Client, flags: RestoreFlags): RestoreRequest {
  const to = flags.to ?? context.env["HOLDFAST_TARGET_URL"];
  if (flags.from === undefined || to === undefined || to === "") {
    throw new HoldfastError("HF102", `Cannot restore without ${flags.from === undefined ? "--from" : "--to"}`, {
      hint: "Name the restore point with --from latest and the target with --to or HOLDFAST_TARGET_URL." });
  }
  if (flags.dataOnly && flags.schemaOnly) throw new HoldfastError("HF102", "--data-only and --schema-only exclude each other", { hint: "Give one of them, or neither." });
  // Checked as the database of every other command is: form, TLS and authority.
  const { databaseUrl, databaseCa } = configForUrl(context.env, to, flags.to === undefined ? "HOLDFAST_TARGET_URL" : "--to");
  warnUnverified(context, { databaseUrl, databaseCa });
  return {
    s3, from: flags.from, project: flags.project, tables: flags.only, schemas: flags.schema, intoExisting: flags.intoExisting ?? null,
    connect: (applicationName) => connect(databaseUrl, { applicationName, ca: databaseCa }),
    options: { dataOnly: flags.dataOnly, schemaOnly: flags.schemaOnly, skipDamaged: flags.skipDamaged, prove: flags.prove, workers: flags.workers },
  };
}

const LIST_HEADER = ["PROJECT", "RUN", "PROOFS", ""];

async function list(context: CommandContext, s3: S3Client, project: string | undefined): Promise<ExitCode> {
  const found = await context.withProgress("Listing", () => listBackups(s3, project));
  if (context.options.json) {
    context.printJson(found.map((one) => ({ project: one.project, run_id: one.runId, manifest_key: one.manifestKey, proofs: one.proofKeys.length, archived: one.archived })));
  } else if (found.length === 0) context.note("There are no restore points in the bucket.");
  else context.print(formatColumns([LIST_HEADER, ...found.map((one) => [one.project, one.runId, String(one.proofKeys.length), one.archived ? "archived" : ""])]));
  return 0;
}

const leftOutJson = (leftOut: readonly LeftOut[]) => leftOut.map(({ reason, subject, message }) => ({ reason, subject, message }));

function planJson(plan: RestorePlan, thaw: ThawRequest | null): unknown {
  const { byClass, ...amount } = summarizeFrozen(plan.frozen);
  const tier = thaw?.tier ?? DEFAULT_TIER;
  const action = ({ verb, name }: RestorePlan["before"][number]) => ({ verb, name });
  return {
    run_id: plan.backup.manifest.run_id, target: plan.target.database, before: plan.before.map(action), after: plan.after.map(action),
    tables: plan.tables.map(({ schema, name, rows, raw_bytes }) => ({ schema, name, rows, raw_bytes })),
    rows: plan.tables.reduce((sum, one) => sum + one.rows, 0), raw_bytes: plan.tables.reduce((sum, one) => sum + one.raw_bytes, 0),
    expected_seconds: Math.round(plan.expectedSeconds), left_out: leftOutJson(plan.leftOut),
    thaw: amount.objects === 0 ? null : {
      ...amount, by_class: byClass.map(({ storageClass, objects, bytes }) => ({ storage_class: storageClass, objects, bytes })),
      tier, usual_seconds: usualThawTime(plan.frozen, tier)?.mostSeconds ?? null,
    },
  };
}

function printPlan(context: CommandContext, plan: RestorePlan, thaw: ThawRequest | null): void {
  const { backup, target, tables } = plan;
  context.print(`Run ${backup.manifest.run_id} of ${backup.manifest.snapshot.at} into database ${target.database} (PostgreSQL ${target.version}) as ${target.role}`);
  context.print(`\nBefore the rows, ${plan.before.length} statements:`);
  for (const { verb, name } of plan.before) context.print(`  ${verb} ${name}`);
  context.print(`\nRows of ${tables.length} tables:`);
  for (const one of tables) context.print(`  ${one.schema}.${one.name}: ${formatCount(one.rows)} rows, ${formatBytes(one.raw_bytes)}`);
  context.print(`\nAfter the rows, ${plan.after.length} statements:`);
  for (const { verb, name } of plan.after) context.print(`  ${verb} ${name}`);
  printLeftOut(context, plan.leftOut);
  const bytes = tables.reduce((sum, one) => sum + one.raw_bytes, 0);
  context.print(`\n${formatBytes(bytes)} of rows; expected to take about ${formatDuration(plan.expectedSeconds)}. Nothing was written.`);
  if (plan.frozen.length === 0) return;
  const usual = usualThawTime(plan.frozen, thaw?.tier ?? DEFAULT_TIER);
  context.print(`Before that ${describeAmount(summarizeFrozen(plan.frozen))} have to be thawed (--thaw): ${describeFrozen(plan.frozen)}`);
  context.print(usual === null ? `Tier ${thaw?.tier ?? DEFAULT_TIER} is not offered for all of them.` : `With tier ${thaw?.tier ?? DEFAULT_TIER}: ${describeUsualTime(usual)}, then the restore.`);
}

function printLeftOut(context: CommandContext, leftOut: readonly LeftOut[]): void {
  if (leftOut.length === 0) return;
  context.print(`\nNot restored:`);
  for (const { reason, subject, message } of leftOut) context.print(`  ${subject} (${reason}): ${message}`);
}

const LABELS = {
  thaw: "Thawing", check: "Checking", install: "Installing Holdfast", roles: "Roles", schema_before: "Schema", data: "Rows", sequences: "Sequences",
  schema_after: "Indexes and constraints", cron_jobs: "Scheduled jobs", analyze: "Statistics", prove: "Proving",
} as const satisfies Record<RestoreProgress["phase"], string>;

const BAR = 20;

/** One line: phase, bar, how much of it, what, and how long still. */
export function describeProgress({ phase, done, total, unit, item, remainingSeconds }: RestoreProgress): string {
  const filled = total === 0 ? 0 : Math.round((Math.min(done, total) / total) * BAR);
  // A proof counts in weights, which say nothing to a reader.
  const amount = unit === "bytes" ? `${formatBytes(done)} of ${formatBytes(total)}` : phase === "prove" ? `${Math.floor((100 * done) / total)} %` : `${done} of ${total}`;
  const bar = total === 0 ? "" : ` [${"#".repeat(filled)}${"-".repeat(BAR - filled)}] ${amount}`;
  const rest = remainingSeconds === null ? "" : `, about ${formatDuration(remainingSeconds)} left`;
  return `${LABELS[phase]}${bar}${item === "" ? "" : ` ${item}`}${rest}`;
}

/** Null when the file cannot be written: what a restore has found after hours is shown all the same. */
async function writeProof(context: CommandContext, file: string, proof: Proof): Promise<string | null> {
  try {
    await writeFile(file, `${JSON.stringify(proof, null, 2)}\n`);
    return file;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    context.note(`The proof cannot be written to ${file} (${code}): what is printed is all there is of it here.`);
    return null;
  }
}

async function report(context: CommandContext, flags: RestoreFlags, result: RestoreResult, thaw: unknown): Promise<ExitCode> {
  const { backup, proof, lost, tables } = result;
  const { manifest } = backup;
  const rows = tables.reduce((sum, one) => sum + one.rows, 0);
  const rawBytes = tables.reduce((sum, one) => sum + one.raw_bytes, 0);
  const file = proof === null ? null : await writeProof(context, flags.proof ?? `proof-${manifest.run_id}.json`, proof);
  if (context.options.json) {
    context.printJson({
      run_id: manifest.run_id, project: manifest.project, snapshot_at: manifest.snapshot.at, target: result.target.database,
      tables: tables.length, rows, raw_bytes: rawBytes, seconds: result.seconds, phase_seconds: result.phaseSeconds,
      left_out: leftOutJson(result.leftOut), lost: lost, verdict: proof?.verdict ?? null, proof_file: file, proof_key: result.proofKey, proof, thaw,
    });
  } else {
    context.print(`Run ${manifest.run_id} of ${manifest.snapshot.at}: ${formatCount(rows)} rows of ${tables.length} tables, ${formatBytes(rawBytes)}, restored into ${result.target.database} in ${formatDuration(result.seconds)}`);
    for (const [phase, seconds] of Object.entries(result.phaseSeconds)) context.print(`  ${phase}: ${formatDuration(seconds)}`);
    printLeftOut(context, result.leftOut);
    for (const one of lost) context.print(`LOST: ${one.rows} rows of ${one.table}, object ${one.key}: ${one.reason}`);
    const places = [file, result.proofKey].filter((one) => one !== null);
    if (proof !== null) context.print(`\n${formatProofReport(proof)}${places.length === 0 ? "" : `\nProof: ${places.join(", ")}`}`);
  }
  if (proof?.scope === "full" && result.proofKey === null) context.note("The proof is not in the bucket, as the key may not write there: latest-verified will not find it.");
  if (lost.length > 0) return 10;
  return proof === null ? 0 : exitCodeFor(proof.verdict);
}
