import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../../functions/_shared/database/connect.ts";
import { exportBackup } from "../../functions/_shared/export/export_backup.ts";
import { type Manifest, parseManifest } from "../../functions/_shared/export/manifest.ts";
import { type RestoreRequest } from "../../functions/_shared/restore/prepare_restore.ts";
import { restoreBackup, type RestoreResult } from "../../functions/_shared/restore/restore_backup.ts";
import { createS3Client, type S3Client } from "../../functions/_shared/s3/s3_client.ts";
import { type RunningS3, startS3 } from "../../stack/s3/start_s3.ts";
import { runHere } from "./run_here.ts";
import { type HoldfastOutcome, runHoldfast } from "./run_holdfast.ts";

/** A bucket to back up to and restore from. */
export interface RestoreBench {
  s3: S3Client;
  storage: RunningS3;
  /** What the command needs in its environment. */
  env: Record<string, string>;
  /** Backs up a database that has Holdfast and returns what its manifest says. */
  backUp(databaseUrl: string): Promise<Manifest>;
  /** Restores with the engine of the command. */
  restore(url: string, request?: Partial<Omit<RestoreRequest, "options">> & { options?: Partial<RestoreRequest["options"]> }): Promise<RestoreResult>;
  /** Runs the command in a directory of its own. */
  holdfast(...argv: string[]): Promise<HoldfastOutcome>;
  /** The same in this process. */
  holdfastHere(...argv: string[]): Promise<HoldfastOutcome>;
  close(): Promise<void>;
}

export async function startRestoreBench(): Promise<RestoreBench> {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-restore-"));
  const storage = await startS3({ dir: join(dir, "s3"), buckets: ["backups"] });
  const env = {
    HOLDFAST_S3_ENDPOINT: storage.endpoint, HOLDFAST_S3_BUCKET: "backups", HOLDFAST_S3_ACCESS_KEY_ID: storage.accessKeyId,
    HOLDFAST_S3_SECRET_ACCESS_KEY: storage.secretAccessKey,
  };
  const s3 = createS3Client({
    endpoint: storage.endpoint, region: storage.region, bucket: "backups", accessKeyId: storage.accessKeyId,
    secretAccessKey: storage.secretAccessKey, sessionToken: undefined, prefix: "holdfast", pathStyle: true,
  });
  const withProof = (argv: readonly string[]): string[] => [...argv, ...(argv.includes("restore") ? ["--proof", join(dir, "proof.json")] : [])];
  return {
    s3, storage, env,
    backUp: async (databaseUrl) => {
      const { manifestKey } = await exportBackup({ connect: (applicationName) => connect(databaseUrl, { applicationName }), s3, workers: 1, tier: "daily" });
      return parseManifest(await s3.getObject(manifestKey));
    },
    restore: (url, { options, ...request } = {}) => restoreBackup({
      s3, from: "latest", connect: (applicationName) => connect(url, { applicationName }), tables: [], schemas: [], intoExisting: null, ...request,
      options: { dataOnly: false, schemaOnly: false, skipDamaged: false, prove: true, workers: 2, ...options },
    }),
    holdfast: (...argv) => runHoldfast(withProof(argv), env),
    holdfastHere: (...argv) => runHere(withProof(argv), env),
    close: async () => {
      await storage.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** What a proof found wrong, for a readable failure. */
export function problemsOf({ proof, leftOut }: RestoreResult): unknown {
  return { verdict: proof?.verdict, failed: proof?.findings.filter((one) => one.verdict === "failed" || one.verdict === "inconclusive"), leftOut };
}

/** Rows and fingerprints of the tables of these schemas. */
export function contentsOf(manifest: Manifest, schemas?: readonly string[]): Record<string, string> {
  return Object.fromEntries(manifest.tables.filter((one) => schemas === undefined || schemas.includes(one.schema))
    .map((one) => [`${one.schema}.${one.name}`, `${one.rows} ${one.fingerprint}`]));
}
