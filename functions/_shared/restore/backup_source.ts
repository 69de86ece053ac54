import { z } from "zod";
import type { AgeIdentities } from "../encryption/age_identities.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { type Manifest, parseManifest } from "../export/manifest.ts";
import { MANIFEST_NAME } from "../export/write_manifest.ts";
import type { S3Client } from "../s3/s3_client.ts";
import { sha256Hex } from "../s3/sha256_hex.ts";
import { isArchive } from "../s3/storage_class.ts";
import { COMMAND_READS, type ReadLimits } from "./read_limits.ts";
import { refuseManyValues } from "./refuse_many_values.ts";

/** What a restore and its proof need from the bucket; the S3 client fits, and so does a map in a test. */
export type BackupStorage = Pick<S3Client, "prefix" | "getObject" | "listObjects" | "putObject">;

/** A restore point that is opened: its manifest is read and valid. */
export interface Backup {
  s3: BackupStorage;
  /** Key prefix of every object of the run, ending in a slash. Keys of the manifest are relative to it. */
  prefix: string;
  manifest: Manifest;
  /** Of the bytes of manifest.json; names this restore point in proofs and in the state of a restore. */
  manifestSha256: string;
  /** Opens encrypted objects. Without it a backup can be looked at and its bytes compared, and not read. */
  identities?: AgeIdentities;
  /** What is read of it at most; without, what the command reads. */
  limits?: ReadLimits;
}

/** A restore point as a listing shows it. */
export interface ListedBackup {
  project: string;
  runId: string;
  prefix: string;
  manifestKey: string;
  /** Keys of its proofs, oldest first. */
  proofKeys: string[];
  /** Objects of it are in a class that has to be thawed before it can be read. */
  archived: boolean;
}

/** Which restore point: a run id, the newest one, or the newest one that a proof has passed for. */
export type BackupSelector = string;

/** Folder below a run that proofs are added to. */
export const PROOFS_FOLDER = "proofs/";

const RUN_FOLDER = /^(.*\/)?([^/]+)\/runs\/(\d{8}T\d{6}Z-[0-9a-f]{6})\/(.+)$/;

/** What decides whether a proof speaks for a manifest; the rest of it is of no interest here. */
const proofHead = z.object({ verdict: z.string(), manifest_sha256: z.string() });

/** Every restore point below the prefix of this client, newest first. Reads the listing only. */
export async function listBackups(s3: BackupStorage, project?: string): Promise<ListedBackup[]> {
  const root = s3.prefix === "" ? "" : `${s3.prefix}/`;
  const below = project === undefined ? root : `${root}${project}/runs/`;
  const found = new Map<string, ListedBackup>();
  const proofs = new Map<string, string[]>();
  const archived = new Set<string>();
  for await (const { key, storageClass } of s3.listObjects(below)) {
    const [, before = "", owner = "", runId = "", name = ""] = RUN_FOLDER.exec(key) ?? [];
    if (runId === "" || before !== root) continue;
    const prefix = key.slice(0, key.length - name.length);
    if (name === MANIFEST_NAME) found.set(prefix, { project: owner, runId, prefix, manifestKey: key, proofKeys: [], archived: false });
    if (name.startsWith(PROOFS_FOLDER)) proofs.set(prefix, [...proofs.get(prefix) ?? [], key]);
    else if (isArchive(storageClass)) archived.add(prefix);
  }
  for (const [prefix, keys] of proofs) found.get(prefix)?.proofKeys.push(...keys.sort());
  for (const one of found.values()) one.archived = archived.has(one.prefix);
  return [...found.values()].sort((a, b) => (a.runId < b.runId ? 1 : a.runId > b.runId ? -1 : 0));
}

/**
 * Opens a restore point and reads its manifest.
 *
 * @throws {HoldfastError} HF500 if there is none that the selector names, HF306 if its manifest is not valid, HF209 if it is longer than any
 * export makes it, HF2xx storage.
 */
export async function openBackup(s3: BackupStorage, selector: BackupSelector, project?: string, limits: ReadLimits = COMMAND_READS): Promise<Backup> {
  return readBackup(s3, await findBackup(s3, selector, project, limits), limits);
}

/**
 * The restore point that a selector names. Reads the listing only, except for latest-verified, which reads manifests and proofs.
 *
 * @throws {HoldfastError} HF500 if there is none, HF2xx storage; for latest-verified HF306 and HF603 as well.
 */
export async function findBackup(s3: BackupStorage, selector: BackupSelector, project?: string, limits: ReadLimits = COMMAND_READS): Promise<ListedBackup> {
  const candidates = await listBackups(s3, project);
  const projects = new Set(candidates.map((one) => one.project));
  const byName = selector === "latest" || selector === "latest-verified";
  if (byName && projects.size > 1) {
    throw new HoldfastError("HF500", `Cannot tell which restore point "${selector}" is, as the bucket holds several projects`, {
      detail: [...projects].sort().join(", "), hint: "Name the project with --project, or a run with --from." });
  }
  if (selector === "latest-verified") {
    for (const one of candidates) {
      if (one.proofKeys.length > 0 && await isVerified(s3, one, limits)) return one;
    }
    throw missing(selector, project, candidates, "No restore point has a proof that passed. Choose one by its run id, or use --from latest.");
  }
  const chosen = selector === "latest" ? candidates[0] : candidates.find((one) => one.runId === selector);
  if (chosen === undefined) throw missing(selector, project, candidates, "List restore points with holdfast restore --list.");
  return chosen;
}

function missing(selector: string, project: string | undefined, candidates: readonly ListedBackup[], hint: string): HoldfastError {
  const none = `The bucket holds no restore point ${project === undefined ? "" : `of project "${project}" `}below this prefix.`;
  return new HoldfastError("HF500", `Restore point "${selector}" does not exist`, {
    detail: candidates.length === 0 ? none : `The newest of ${candidates.length} is ${candidates[0]?.runId ?? ""}.`, hint });
}

async function readBackup(s3: BackupStorage, one: ListedBackup, limits: ReadLimits): Promise<Backup> {
  const bytes = await s3.getObject(one.manifestKey, { maxBytes: limits.manifestBytes });
  refuseManyValues(bytes, limits.jsonValues, one.manifestKey);
  const manifest = parseManifest(bytes);
  if (manifest.run_id !== one.runId) {
    throw new HoldfastError("HF306", `Manifest ${one.manifestKey} is that of run ${manifest.run_id}`, {
      hint: "The folder was mixed up with another; choose another restore point." });
  }
  return { s3, prefix: one.prefix, manifest, manifestSha256: await sha256Hex(bytes), limits };
}

async function isVerified(s3: BackupStorage, one: ListedBackup, limits: ReadLimits): Promise<boolean> {
  try {
    return await hasPassedProof(s3, one, (await readBackup(s3, one, limits)).manifestSha256, limits);
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== "HF603") throw error;
    throw new HoldfastError("HF603", `Cannot tell whether run ${one.runId} is verified as its manifest or proof is archived`, {
      hint: `Name a run with --from ${one.runId} and add --thaw; holdfast restore --list shows the others.`, cause: error });
  }
}

/** What a proof may be and still prove nothing: gone, damaged, larger than any. */
const NO_PROOF = new Set(["HF204", "HF207", "HF209"]);

async function hasPassedProof(s3: BackupStorage, one: ListedBackup, manifestSha256: string, limits: ReadLimits): Promise<boolean> {
  for (const key of one.proofKeys.toReversed()) {
    let value: unknown;
    try {
      const bytes = await s3.getObject(key, { maxBytes: limits.proofBytes });
      refuseManyValues(bytes, limits.jsonValues, key);
      value = JSON.parse(new TextDecoder().decode(bytes));
    } catch (error) {
      if (error instanceof SyntaxError || (error instanceof HoldfastError && NO_PROOF.has(error.code))) continue;
      throw error;
    }
    const head = proofHead.safeParse(value);
    if (head.success && head.data.verdict === "passed" && head.data.manifest_sha256 === manifestSha256) return true;
  }
  return false;
}
