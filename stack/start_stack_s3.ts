import { type RunningS3, startS3 } from "./s3/start_s3.ts";
import type { StackKeys } from "./stack_keys.ts";

/** The object storage of a stack. */
export interface StackS3 extends RunningS3 {
  /** Exists from the start. */
  bucket: string;
}

export interface StackS3Config {
  /** Make the bucket with Object Lock, which can only be chosen at its birth. */
  objectLock: boolean;
}

export const BACKUP_BUCKET = "holdfast-backups";

/** Starts the embedded S3 server with the bucket for backups. */
export async function startStackS3(options: {
  dir: string;
  host: string;
  port: number;
  keys: Pick<StackKeys, "s3AccessKeyId" | "s3SecretAccessKey">;
  config?: StackS3Config;
}): Promise<StackS3> {
  const server = await startS3({
    dir: options.dir,
    host: options.host,
    port: options.port,
    accessKeyId: options.keys.s3AccessKeyId,
    secretAccessKey: options.keys.s3SecretAccessKey,
    region: "us-east-1",
    buckets: [{ name: BACKUP_BUCKET, objectLock: options.config?.objectLock ?? false }],
  });
  return { ...server, bucket: BACKUP_BUCKET };
}
