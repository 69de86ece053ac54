import { randomUUID } from "node:crypto";
import { InvalidArgumentError, Option } from "commander";
import { connect } from "../../functions/_shared/database/connect.ts";
import { chooseRestorePoint } from "../../functions/_shared/drill/choose_restore_point.ts";
import { type DrillRecord, recordDrill } from "../../functions/_shared/drill/record_drill.ts";
import { summarizeProof } from "../../functions/_shared/drill/summarize_proof.ts";
import type { KeyProof } from "../../functions/_shared/encryption/prove_key.ts";
import { recordKeyProof } from "../../functions/_shared/encryption/record_key_proof.ts";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import { formatProofReport } from "../../functions/_shared/prove/format_proof_report.ts";
import { formatBytes, formatCount, formatDuration } from "../../functions/_shared/report/format_quantity.ts";
import { type Backup, findBackup, type ListedBackup, listBackups, openBackup } from "../../functions/_shared/restore/backup_source.ts";
import { archivedError } from "../../functions/_shared/restore/describe_frozen.ts";
import { findFrozen } from "../../functions/_shared/restore/find_frozen.ts";
import { findFrozenHead } from "../../functions/_shared/restore/find_frozen_head.ts";
import { restoreBackup, type RestoreResult } from "../../functions/_shared/restore/restore_backup.ts";
import { unsealBackup } from "../../functions/_shared/restore/unseal_backup.ts";
import { createS3Client, type S3Client } from "../../functions/_shared/s3/s3_client.ts";
import { parseS3Config } from "../../functions/_shared/s3/s3_config.ts";
import { POSTGRES_FLAVORS, type PostgresFlavor } from "../../stack/postgres/find_server.ts";
import type { CommandContext, ExitCode, RegisterCommand } from "../command_context.ts";
import { configForUrl } from "../config_for_url.ts";
import { describeHelp } from "../describe_help.ts";
import { type DrillTarget, flavorFor, startEmbeddedTarget } from "../drill_target.ts";
import { exitCodeFor } from "../exit_code_for.ts";
import { parseWorkers } from "../parse_workers.ts";
import { addIdentityOption, readIdentities } from "../read_identities.ts";
import { returnMemory } from "../return_memory.ts";
import { reportAsked, thawFirst, type Thawed, thawJson } from "../thaw_first.ts";
import { addThawOptions, readThawRequest, type ThawFlags } from "../thaw_options.ts";
import { warnUnverified } from "../warn_unverified.ts";
import { describeProgress } from "./restore.ts";

interface DrillFlags extends ThawFlags {
  from: string;
  to?: string;
  project?: string;
  within: number;
  workers: number;
  postgres?: PostgresFlavor;
  identity: string[];
}

export const registerDrill: RegisterCommand = (program, run) => {
  const command = program
    .command("drill")
    .description("restore a backup into a throw-away PostgreSQL, prove it, time it, and record that in the ledger if there is one")
    .option("--from <run>", "run id, latest, latest-verified, or random", "latest")
    .option("--to <url>", "empty database to restore into, which stays filled (default: a PostgreSQL started for the drill)")
    .option("--project <name>", "project, where the bucket holds several")
    .option("--within <days>", "how old a random restore point may be", parseDays, 90)
    .option("--workers <n>", "sessions that work side by side", parseWorkers, 2)
    .addOption(new Option("--postgres <flavor>", "server to start (default: the embedded one that fits the backup)").choices(POSTGRES_FLAVORS));
  addThawOptions(command);
  addIdentityOption(command);
  describeHelp(command, "holdfast drill --from random --json",
    "0 restored and proven, 1 bug, 2 usage, 3 refused or not restored, 10 proof failed or rows lost, 11 proof inconclusive, 12 thawing was asked for: call again");
  command.action(async (flags: DrillFlags) => run(command, (context) => act(context, flags)));
};

/** What became of a drill, for the ledger and for the caller. */
interface Drill {
  record: DrillRecord;
  result: RestoreResult | null;
  error: unknown;
}

async function act(context: CommandContext, flags: DrillFlags): Promise<ExitCode> {
  const config = parseS3Config(context.env);
  if (config === null) throw new HoldfastError("HF007", "S3 is not configured", { hint: "Set HOLDFAST_S3_BUCKET, HOLDFAST_S3_ACCESS_KEY_ID and HOLDFAST_S3_SECRET_ACCESS_KEY." });
  const s3 = createS3Client(config);
  const identities = await readIdentities(flags.identity, context.env);
  const thaw = readThawRequest(flags);
  const listed = await context.withProgress("Choosing a restore point", () => choose(context, s3, flags));
  // Opened before a server is started for it.
  const open = async (): Promise<Backup> => unsealBackup(await openBackup(s3, listed.runId, listed.project), identities);
  const frozenOf = async (backup: Backup) => findFrozen(backup, backup.manifest.tables);
  // A recovery would wait for the archive as well.
  const startedAt = new Date();
  let thawed: Thawed | null = null;
  if (thaw !== null) {
    thawed = await thawFirst(context, s3, thaw, [() => findFrozenHead(s3, listed, true), async () => frozenOf(await open())]);
    if (!thawed.readable) return reportAsked(context, listed.runId, thawed, thaw);
  }
  const backup = await context.withProgress("Opening the restore point", open);
  const frozen = await frozenOf(backup);
  if (frozen.length > 0) throw archivedError(backup.manifest.run_id, frozen);
  await returnMemory();
  const drill = await context.withProgress(`Drilling ${backup.manifest.run_id}`, (update) =>
    perform(context, flags, s3, backup, { startedAt, seconds: thawed?.seconds ?? 0 }, update));
  const recorded = await record(context, drill.record, drill.result === null ? [] : keyProofs(drill.result));
  if (drill.result === null) throw drill.error;
  return report(context, drill.record, drill.result, recorded, thawJson(thawed, thaw));
}

async function choose(context: CommandContext, s3: S3Client, flags: DrillFlags): Promise<ListedBackup> {
  if (flags.from !== "random") return findBackup(s3, flags.from, flags.project);
  const backups = await listBackups(s3, flags.project);
  const archived = backups.filter((one) => one.archived).length;
  if (archived > 0) context.note(`${archived} of ${backups.length} restore points are archived and left out; name one with --from and --thaw.`);
  return chooseRestorePoint(backups, { windowDays: flags.within, now: new Date(), random: Math.random() });
}

/** A target that was refused or lost, and an archive, say nothing about the backup. */
const SAY_NOTHING = new Set(["HF502", "HF503", "HF104", "HF603", "HF606"]);

async function openTarget(context: CommandContext, flags: DrillFlags, backup: Backup): Promise<DrillTarget> {
  if (flags.to === undefined) {
    const { server, tables } = backup.manifest;
    return startEmbeddedTarget(flags.postgres ?? flavorFor(server.version_num), new Set(tables.map(({ schema }) => schema)));
  }
  const { databaseUrl, databaseCa } = configForUrl(context.env, flags.to, "--to");
  warnUnverified(context, { databaseUrl, databaseCa });
  return { connect: (applicationName) => connect(databaseUrl, { applicationName, ca: databaseCa }), stop: () => Promise.resolve() };
}

async function perform(context: CommandContext, flags: DrillFlags, s3: S3Client, backup: Backup, thawed: { startedAt: Date; seconds: number }, update: (label: string) => void): Promise<Drill> {
  const { run_id: runId } = backup.manifest;
  const target = await openTarget(context, flags, backup);
  // A server that had to be started is no part of a recovery: then there is one.
  const startedAt = thawed.seconds > 0 ? thawed.startedAt : new Date();
  const record: DrillRecord = {
    drill_id: randomUUID(), run_id: runId, target: flags.to === undefined ? "embedded" : "url",
    selection: flags.from === "latest" || flags.from === "random" ? flags.from : "named", manifest_sha256: backup.manifestSha256,
    verdict: "failed", started_at: startedAt.toISOString(), finished_at: "", phase_seconds: {}, rows: null, raw_bytes: null,
    proof: {}, proof_key: null, failure_code: null, failure_message: null,
  };
  try {
    const result = await restoreBackup({
      s3, from: runId, project: backup.manifest.project, identities: backup.identities ?? null, connect: target.connect, tables: [], schemas: [], intoExisting: null, thawSeconds: thawed.seconds,
      options: { dataOnly: false, schemaOnly: false, skipDamaged: false, prove: true, workers: flags.workers },
      onProgress: (progress) => update(describeProgress(progress)),
      ...(target.lend === undefined ? {} : { lend: target.lend }),
    });
    const { proof } = result;
    return { result, error: null, record: {
      ...record, finished_at: new Date().toISOString(), verdict: proof?.verdict ?? "inconclusive",
      phase_seconds: Object.fromEntries(Object.entries(result.phaseSeconds).map(([phase, seconds]) => [phase, Number(seconds.toFixed(3))])),
      rows: result.tables.reduce((sum, one) => sum + one.rows, 0), raw_bytes: result.tables.reduce((sum, one) => sum + one.raw_bytes, 0),
      proof: proof === null ? {} : summarizeProof(proof), proof_key: result.proofKey,
    } };
  } catch (error) {
    if (!(error instanceof HoldfastError) || SAY_NOTHING.has(error.code)) throw error;
    return { result: null, error, record: { ...record, finished_at: new Date().toISOString(),
      failure_code: error.code, failure_message: [error.message, error.detail].filter(Boolean).join(": ") } };
  } finally {
    await target.stop();
  }
}

/** A restore that passed has opened everything with the one identity that could; of several it is not known which did. */
function keyProofs({ backup, proof }: RestoreResult): KeyProof[] {
  const { manifest } = backup;
  const able = backup.identities?.recipients.filter((one) => manifest.encryption?.recipients.includes(one) === true) ?? [];
  const [recipient] = able;
  if (recipient === undefined || able.length > 1 || proof?.verdict !== "passed") return [];
  return [{ run_id: manifest.run_id, recipient, manifest_sha256: backup.manifestSha256, objects: manifest.totals.objects, bytes: manifest.totals.stored_bytes }];
}

/** Why it was not recorded; null when it was. A drill counts without a ledger too, which may be what was lost. */
async function record(context: CommandContext, drill: DrillRecord, proofs: readonly KeyProof[]): Promise<string | null> {
  const { options, env } = context;
  if (options.databaseUrl === undefined && !env["HOLDFAST_DB_URL"] && !env["SUPABASE_DB_URL"]) return "no database is configured";
  try {
    await context.withDatabase(async (database) => {
      await recordDrill(database, drill);
      for (const proof of proofs) await recordKeyProof(database, proof);
    });
    return null;
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

function report(context: CommandContext, drill: DrillRecord, result: RestoreResult, notRecorded: string | null, thaw: unknown): ExitCode {
  const { proof } = result;
  if (context.options.json) {
    const { failure_code: _code, failure_message: _message, proof: _summary, ...fields } = drill;
    context.printJson({ ...fields, seconds: result.seconds, left_out: result.leftOut, recorded: notRecorded === null, not_recorded_because: notRecorded, proof, thaw });
  } else {
    const { manifest } = result.backup;
    context.print(`Drill of run ${manifest.run_id} of ${manifest.snapshot.at}: ${formatCount(drill.rows ?? 0)} rows, ${formatBytes(drill.raw_bytes ?? 0)}, restored and compared in ${formatDuration(result.seconds)}: ${drill.verdict}`);
    for (const [phase, seconds] of Object.entries(drill.phase_seconds)) context.print(`  ${phase}: ${formatDuration(seconds)}`);
    if (proof !== null) context.print(`\n${formatProofReport(proof)}`);
    context.note(notRecorded === null ? `Recorded as drill ${drill.drill_id}.` : `Not recorded in a ledger: ${notRecorded}.`);
  }
  return exitCodeFor(drill.verdict);
}

function parseDays(text: string): number {
  const days = Number(text);
  if (!Number.isInteger(days) || days < 1 || days > 3650) throw new InvalidArgumentError("Give a number of days from 1 to 3650.");
  return days;
}
