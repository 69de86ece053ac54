import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { REPO_ROOT } from "./repo_root.ts";
import type { StackKeys } from "./stack_keys.ts";

/** The object storage of a stack. */
export interface StackS3 {
  endpoint: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  bucket: string;
  /** Makes the server misbehave; see stack/s3/. */
  faults: unknown;
  stop(): Promise<void>;
}

interface S3Options {
  dir: string;
  port: number;
  host: string;
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
  buckets: string[];
}

/** The bucket that exists from the start. */
export const BACKUP_BUCKET = "holdfast-backups";

/** Starts the embedded S3 server with the bucket for backups. */
export async function startStackS3(options: { dir: string; host: string; port: number; keys: StackKeys }): Promise<StackS3 | undefined> {
  const file = join(REPO_ROOT, "stack", "s3", "start_s3.ts");
  if (!existsSync(file)) return undefined;
  const { startS3 }: { startS3(options: S3Options): Promise<Omit<StackS3, "bucket">> } = await import(pathToFileURL(file).href);
  const server = await startS3({
    dir: options.dir,
    host: options.host,
    port: options.port,
    accessKeyId: options.keys.s3AccessKeyId,
    secretAccessKey: options.keys.s3SecretAccessKey,
    region: "us-east-1",
    buckets: [BACKUP_BUCKET],
  });
  return {
    endpoint: server.endpoint,
    region: server.region,
    accessKeyId: server.accessKeyId,
    secretAccessKey: server.secretAccessKey,
    bucket: BACKUP_BUCKET,
    faults: server.faults,
    stop: () => server.stop(),
  };
}
