import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HeadBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { expect, it } from "vitest";
import { freePort } from "../../stack/free_port.ts";
import { startStackS3 } from "../../stack/start_stack_s3.ts";

it("startStackS3() serves the bucket for backups to the keys of the stack only", async () => {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-s3-"));
  const keys = { s3AccessKeyId: "AKID", s3SecretAccessKey: "secret-of-this-test" };
  const s3 = await startStackS3({ dir, host: "127.0.0.1", port: await freePort("127.0.0.1", 56_000), keys });
  const client = (secretAccessKey: string): S3Client =>
    new S3Client({ endpoint: s3.endpoint, region: s3.region, forcePathStyle: true, maxAttempts: 1, credentials: { accessKeyId: s3.accessKeyId, secretAccessKey } });
  const head = new HeadBucketCommand({ Bucket: s3.bucket });
  await expect(client(s3.secretAccessKey).send(head)).resolves.toBeDefined();
  await expect(client("wrong").send(head)).rejects.toThrow();
  await s3.stop();
  rmSync(dir, { recursive: true });
});
