import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client as AwsSdkClient } from "@aws-sdk/client-s3";
import { AwsV4Signer } from "aws4fetch";
import { createS3Client, type S3Client, type S3Config } from "../../../functions/_shared/s3/s3_client.ts";
import { startS3 } from "../../../stack/s3/start_s3.ts";

/** Where servers are known to differ. Each is stated, so that a server that changes makes the suite fail. */
export interface Traits {
  readonly completeReturnsEtag: boolean;
  readonly refusesPartsOutOfOrder: boolean;
  readonly lockNeedsDigest: boolean;
  readonly refusesWrongRegion: boolean;
  readonly completeHonoursIfNoneMatch: boolean;
  readonly refusesUnknownHeaders: boolean;
  readonly unknownStorageClass: string;
  /** Storage class that HEAD names for an object in STANDARD. */
  readonly standardInHead: "STANDARD" | undefined;
  /** GET of an object in GLACIER or DEEP_ARCHIVE that nobody restored. */
  readonly archivedGet: "InvalidObjectState" | "no error";
  /** RestoreObject of it, of one that is being restored, and of one that is not archived. */
  readonly restoreAnswers: readonly [asked: string, again: string, notArchived: string];
  /** RestoreObject as our client takes it. */
  readonly restoreObject: "asked" | "HF604";
}

export interface Target {
  readonly name: string;
  readonly traits: Traits;
  start(): Promise<{ endpoint: string; accessKeyId: string; secretAccessKey: string; stop(): Promise<void> }>;
}

const standIn: Target = {
  name: "stand-in",
  traits: { completeReturnsEtag: true, refusesPartsOutOfOrder: true, lockNeedsDigest: true, refusesWrongRegion: true, completeHonoursIfNoneMatch: true, refusesUnknownHeaders: true, unknownStorageClass: "InvalidStorageClass",
    standardInHead: undefined, archivedGet: "InvalidObjectState", restoreAnswers: ["202", "409 RestoreAlreadyInProgress", "403 InvalidObjectState"], restoreObject: "asked" },
  async start() {
    const dir = await mkdtemp(join(tmpdir(), "holdfast-s3-contract-"));
    const server = await startS3({ dir, archive: { thawMs: 600 } });
    return {
      ...server,
      async stop() {
        await server.stop();
        await rm(dir, { recursive: true });
      },
    };
  },
};

const env = process.env;
const realEndpoint = env["HOLDFAST_TEST_S3_ENDPOINT"];
/** Ceph RGW 16, started by scripts/rgw.sh. */
const real: Target[] = realEndpoint === undefined ? [] : [{
  name: realEndpoint,
  traits: { completeReturnsEtag: false, refusesPartsOutOfOrder: false, lockNeedsDigest: false, refusesWrongRegion: false, completeHonoursIfNoneMatch: false, refusesUnknownHeaders: false, unknownStorageClass: "InvalidArgument",
    standardInHead: "STANDARD", archivedGet: "no error", restoreAnswers: ["501 NotImplemented", "501 NotImplemented", "501 NotImplemented"], restoreObject: "HF604" },
  async start() {
    return { endpoint: realEndpoint, accessKeyId: env["HOLDFAST_TEST_S3_ACCESS_KEY_ID"] ?? "", secretAccessKey: env["HOLDFAST_TEST_S3_SECRET_ACCESS_KEY"] ?? "", async stop() {} };
  },
}];

/** The stand-in always; a real server when HOLDFAST_TEST_S3_ENDPOINT names one. */
export const targets: readonly Target[] = [standIn, ...real];

export interface RawCall {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly secret?: string;
  readonly region?: string;
  readonly datetime?: string;
  readonly signQuery?: boolean;
}

export const hex = (algorithm: string, body: Uint8Array): string => createHash(algorithm).update(body).digest("hex");

/** Name of the error the promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "no error";
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

/** A running server with two fresh buckets, our client, the SDK as the independent one, and a hand-signing one. */
export async function openContract(target: Target) {
  const server = await target.start();
  const bucket = `contract-${randomBytes(6).toString("hex")}`;
  const lockBucket = `${bucket}-lock`;
  const credentials = { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey };
  const aws = new AwsSdkClient({ endpoint: server.endpoint, region: "us-east-1", credentials, forcePathStyle: true, requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED", maxAttempts: 1 });
  const config: S3Config = { ...credentials, endpoint: server.endpoint, region: "us-east-1", bucket, sessionToken: undefined, prefix: "", pathStyle: true };
  const ours: S3Client = createS3Client(config, { retries: 0 });
  await aws.send(new CreateBucketCommand({ Bucket: bucket }));
  await aws.send(new CreateBucketCommand({ Bucket: lockBucket, ObjectLockEnabledForBucket: true }));

  /** A hand-signed request: what no client would send. */
  async function raw(call: RawCall): Promise<{ status: number; code: string; text: string }> {
    const method = call.method ?? "GET";
    const signer = new AwsV4Signer({
      url: `${server.endpoint}/${call.path}`,
      method,
      headers: { ...(call.signQuery === true ? {} : { "x-amz-content-sha256": hex("sha256", call.body ?? new Uint8Array()) }), ...call.headers },
      accessKeyId: server.accessKeyId,
      secretAccessKey: call.secret ?? server.secretAccessKey,
      service: "s3",
      region: call.region ?? "us-east-1",
      ...(call.datetime === undefined ? {} : { datetime: call.datetime }),
      signQuery: call.signQuery ?? false,
    });
    const signed = await signer.sign();
    const response = await fetch(signed.url, { method, headers: signed.headers, ...(call.body === undefined ? {} : { body: call.body }) });
    const text = await response.text();
    return { status: response.status, code: /<Code>(.*?)<\/Code>/.exec(text)?.[1] ?? "", text };
  }

  return {
    server,
    bucket,
    lockBucket,
    aws,
    config,
    ours,
    raw,
    put: (key: string, body: Uint8Array, more: object = {}) => aws.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ...more })),
    async read(key: string, more: object = {}) {
      const reply = await aws.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...more }));
      return { ...reply, bytes: await reply.Body?.transformToByteArray() };
    },
    async close() {
      aws.destroy();
      await server.stop();
    },
  };
}
