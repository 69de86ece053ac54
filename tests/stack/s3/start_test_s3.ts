import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createS3Client, type S3Client, type S3Config } from "../../../functions/_shared/s3/s3_client.ts";
import type { Clock } from "../../../functions/_shared/s3/retry.ts";
import type { S3ClientOptions } from "../../../functions/_shared/s3/s3_client.ts";
import { type RunningS3, startS3 } from "../../../stack/s3/start_s3.ts";

export interface TestS3 {
  readonly server: RunningS3;
  readonly config: S3Config;
  /** What the clients slept between attempts, in milliseconds. */
  readonly sleeps: number[];
  client(options?: S3ClientOptions, config?: Partial<S3Config>): S3Client;
  stop(): Promise<void>;
}

/** A stand-in with bucket "test" and lock-enabled bucket "locked", and clients that do not really wait between attempts. */
export async function startTestS3(): Promise<TestS3> {
  const dir = await mkdtemp(join(tmpdir(), "holdfast-s3-"));
  const server = await startS3({ dir, buckets: ["test", { name: "locked", objectLock: true }] });
  const config: S3Config = { endpoint: server.endpoint, region: server.region, bucket: "test", accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey, sessionToken: undefined, prefix: "holdfast", pathStyle: true };
  const sleeps: number[] = [];
  let skipped = 0;
  const clock: Clock = {
    now: () => Date.now() + skipped,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      sleeps.push(ms);
      // Seconds only, so that the requests that follow are not too far in the future for the server.
      skipped += Math.min(ms, 60_000);
    },
  };
  return {
    server,
    config,
    sleeps,
    client: (options = {}, more = {}) => createS3Client({ ...config, ...more }, { clock, ...options }),
    async stop() {
      await server.stop();
      await rm(dir, { recursive: true });
    },
  };
}
