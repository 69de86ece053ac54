import { keysOfKeyProof, type KeyProof, proveKey } from "../../functions/_shared/encryption/prove_key.ts";
import { recordKeyProof } from "../../functions/_shared/encryption/record_key_proof.ts";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import { type Backup, findBackup, openBackup } from "../../functions/_shared/restore/backup_source.ts";
import { archivedError } from "../../functions/_shared/restore/describe_frozen.ts";
import { findFrozenHead } from "../../functions/_shared/restore/find_frozen_head.ts";
import { keepFrozen } from "../../functions/_shared/restore/keep_frozen.ts";
import { type ArchivedObject, listArchived } from "../../functions/_shared/restore/list_archived.ts";
import { unsealBackup } from "../../functions/_shared/restore/unseal_backup.ts";
import { createS3Client } from "../../functions/_shared/s3/s3_client.ts";
import { parseS3Config } from "../../functions/_shared/s3/s3_config.ts";
import type { CommandContext, ExitCode, RegisterCommand } from "../command_context.ts";
import { describeHelp } from "../describe_help.ts";
import { addIdentityOption, readIdentities } from "../read_identities.ts";
import { reportAsked, thawFirst } from "../thaw_first.ts";
import { addThawOptions, readThawRequest, type ThawFlags } from "../thaw_options.ts";

interface VerifyKeyFlags extends ThawFlags {
  from: string;
  project?: string;
  identity: string[];
}

export const registerVerifyKey: RegisterCommand = (program, run) => {
  const command = program
    .command("verify-key")
    .description("prove that an escrowed identity opens a backup, and record that in the ledger if there is one; writes nothing to the bucket")
    .option("--from <run>", "run id, latest, or latest-verified", "latest")
    .option("--project <name>", "project, where the bucket holds several");
  addThawOptions(command);
  addIdentityOption(command);
  describeHelp(command, "holdfast verify-key --identity /media/safe/holdfast.key",
    "0 every given identity that belongs to the backup opens it, 1 bug, 2 usage or identity file, 3 not encrypted, no identity opens it, or an object is damaged or archived, 12 thawing was asked for: call again");
  command.action(async (flags: VerifyKeyFlags) => run(command, (context) => act(context, flags)));
};

async function act(context: CommandContext, flags: VerifyKeyFlags): Promise<ExitCode> {
  const config = parseS3Config(context.env);
  if (config === null) throw new HoldfastError("HF007", "S3 is not configured", { hint: "Set HOLDFAST_S3_BUCKET, HOLDFAST_S3_ACCESS_KEY_ID and HOLDFAST_S3_SECRET_ACCESS_KEY." });
  const identities = await readIdentities(flags.identity, context.env);
  const s3 = createS3Client(config);
  const thaw = readThawRequest(flags);
  const listed = await context.withProgress("Choosing a restore point", () => findBackup(s3, flags.from, flags.project));
  const open = async (): Promise<Backup> => {
    const backup = await openBackup(s3, listed.runId, listed.project);
    // What is wrong with an identity is said before anything is thawed for it.
    if (backup.manifest.encryption !== null) await unsealBackup(backup, identities);
    return backup;
  };
  if (thaw !== null) {
    const thawed = await thawFirst(context, s3, thaw, [() => findFrozenHead(s3, listed, false), async () => findFrozen(await open())]);
    if (!thawed.readable) return reportAsked(context, listed.runId, thawed, thaw);
  }
  const { backup, proofs } = await context.withProgress("Opening", async () => {
    const backup = await open();
    const frozen = await findFrozen(backup);
    if (frozen.length > 0) throw archivedError(backup.manifest.run_id, frozen);
    return { backup, proofs: await proveKey(backup, identities) };
  });
  const notRecorded = await record(context, proofs);
  const { manifest } = backup;
  const unproven = manifest.encryption?.recipients.filter((one) => !proofs.some(({ recipient }) => recipient === one)) ?? [];
  if (context.options.json) {
    context.printJson({ run_id: manifest.run_id, snapshot_at: manifest.snapshot.at, proofs, unproven_recipients: unproven,
      recorded: notRecorded === null, not_recorded_because: notRecorded });
    return 0;
  }
  for (const { recipient, objects } of proofs) context.print(`The identity of ${recipient} opens run ${manifest.run_id} of ${manifest.snapshot.at}: ${objects} objects decrypted and compared.`);
  for (const recipient of unproven) context.note(`Not proven: ${recipient}, another recipient of this backup.`);
  context.note(notRecorded === null ? "Recorded in the ledger." : `Not recorded in a ledger: ${notRecorded}.`);
  return 0;
}

/** What of the little that a proof reads is archived. */
async function findFrozen(backup: Backup): Promise<ArchivedObject[]> {
  if (backup.manifest.encryption === null) return [];
  const archived = await listArchived(backup.s3, backup.prefix);
  if (archived.length === 0) return [];
  const needed = await keysOfKeyProof(backup);
  return await keepFrozen(backup.s3, archived.filter(({ key }) => needed.has(key)));
}

/** Why it was not recorded; null when it was. A key can be proven without a database at hand. */
async function record(context: CommandContext, proofs: readonly KeyProof[]): Promise<string | null> {
  const { options, env } = context;
  if (options.databaseUrl === undefined && !env["HOLDFAST_DB_URL"] && !env["SUPABASE_DB_URL"]) return "no database is configured";
  try {
    await context.withDatabase(async (database) => {
      for (const proof of proofs) await recordKeyProof(database, proof);
    });
    return null;
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}
