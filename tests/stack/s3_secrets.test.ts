import { expect, test } from "vitest";
import { parseS3Config } from "../../functions/_shared/s3/s3_config.ts";
import { s3Secrets } from "../../stack/s3_secrets.ts";

test("s3Secrets() names the storage in the variables a function reads", () => {
  const faults = { add: () => 1, clear: () => undefined, fired: () => 0 } as never;
  const secrets = s3Secrets({ endpoint: "http://127.0.0.1:9", region: "eu-central-1", bucket: "holdfast-backups",
    accessKeyId: "key", secretAccessKey: "secret", faults, archive: { thawMs: 0, dayMs: 0 }, stop: () => Promise.resolve() });
  expect(parseS3Config(secrets)).toMatchObject({ endpoint: "http://127.0.0.1:9", region: "eu-central-1",
    bucket: "holdfast-backups", accessKeyId: "key", secretAccessKey: "secret", pathStyle: true });
});

test("s3Secrets() sets nothing without a storage, so that functions see S3 as not configured", () => {
  expect(parseS3Config(s3Secrets(undefined))).toBeNull();
});
