import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  S3Client as AwsSdkClient,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { AwsV4Signer } from "aws4fetch";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createS3Client, type S3Client, type S3Config } from "../../../functions/_shared/s3/s3_client.ts";
import { startS3 } from "../../../stack/s3/start_s3.ts";

/** Where servers are known to differ. Each is stated, so that a server that changes makes the suite fail. */
interface Traits {
  readonly completeReturnsEtag: boolean;
  readonly refusesPartsOutOfOrder: boolean;
  readonly lockNeedsDigest: boolean;
  readonly refusesWrongRegion: boolean;
  readonly completeHonoursIfNoneMatch: boolean;
  readonly refusesUnknownHeaders: boolean;
  readonly unknownStorageClass: string;
}

interface Target {
  readonly name: string;
  readonly traits: Traits;
  start(): Promise<{ endpoint: string; accessKeyId: string; secretAccessKey: string; stop(): Promise<void> }>;
}

const standIn: Target = {
  name: "stand-in",
  traits: { completeReturnsEtag: true, refusesPartsOutOfOrder: true, lockNeedsDigest: true, refusesWrongRegion: true, completeHonoursIfNoneMatch: true, refusesUnknownHeaders: true, unknownStorageClass: "InvalidStorageClass" },
  async start() {
    const dir = await mkdtemp(join(tmpdir(), "holdfast-s3-contract-"));
    const server = await startS3({ dir });
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
  traits: { completeReturnsEtag: false, refusesPartsOutOfOrder: false, lockNeedsDigest: false, refusesWrongRegion: false, completeHonoursIfNoneMatch: false, refusesUnknownHeaders: false, unknownStorageClass: "InvalidArgument" },
  async start() {
    return { endpoint: realEndpoint, accessKeyId: env["HOLDFAST_TEST_S3_ACCESS_KEY_ID"] ?? "", secretAccessKey: env["HOLDFAST_TEST_S3_SECRET_ACCESS_KEY"] ?? "", async stop() {} };
  },
}];

const MIB = 1 << 20;
const hex = (algorithm: string, body: Uint8Array): string => createHash(algorithm).update(body).digest("hex");
const md5 = (body: Uint8Array): string => createHash("md5").update(body).digest("base64");
const ODD_KEYS = ["plain", "with space", "a+b", "100%", "%41", "quote'\"", "ünï/çødé/日本", "emoji😀", "sla//sh", "trailing/", "(brackets)!*", "a&b<c>", "..a/b..", "tab\there", "back\\slash", "q?x=1#y", "~tilde", "semi;colon=,@$:", "-dash/data/public.Order Items/0001.copy.gz"];

describe.each([standIn, ...real])("S3 contract: $name", ({ traits, start }) => {
  const bucket = `contract-${randomBytes(6).toString("hex")}`;
  const lockBucket = `${bucket}-lock`;
  let server: Awaited<ReturnType<Target["start"]>>;
  let aws: AwsSdkClient;
  let ours: S3Client;
  let config: S3Config;

  beforeAll(async () => {
    server = await start();
    const credentials = { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey };
    aws = new AwsSdkClient({ endpoint: server.endpoint, region: "us-east-1", credentials, forcePathStyle: true, requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED", maxAttempts: 1 });
    config = { ...credentials, endpoint: server.endpoint, region: "us-east-1", bucket, sessionToken: undefined, prefix: "", pathStyle: true };
    ours = createS3Client(config, { retries: 0 });
    await aws.send(new CreateBucketCommand({ Bucket: bucket }));
    await aws.send(new CreateBucketCommand({ Bucket: lockBucket, ObjectLockEnabledForBucket: true }));
  });
  afterAll(async () => {
    aws.destroy();
    await server.stop();
  });

  interface Raw { method?: string; path: string; headers?: Record<string, string>; body?: Uint8Array<ArrayBuffer>; secret?: string; region?: string; datetime?: string; signQuery?: boolean }
  /** A hand-signed request: what no client would send. */
  async function raw(call: Raw): Promise<{ status: number; code: string; text: string; headers: Headers }> {
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
    return { status: response.status, code: /<Code>(.*?)<\/Code>/.exec(text)?.[1] ?? "", text, headers: response.headers };
  }
  const failure = async (promise: Promise<unknown>): Promise<string> => {
    try {
      await promise;
      return "no error";
    } catch (error) {
      return error instanceof Error ? error.name : String(error);
    }
  };
  const put = (key: string, body: Uint8Array, more: object = {}) => aws.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ...more }));
  const read = async (key: string, more: object = {}) => {
    const reply = await aws.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...more }));
    return { ...reply, bytes: await reply.Body?.transformToByteArray() };
  };
  const stamp = (ms: number): string => new Date(ms).toISOString().replace(/[:-]|\.\d{3}/g, "");

  test("bucket exists, a missing one is 404, and Object Lock is reported", async () => {
    await aws.send(new HeadBucketCommand({ Bucket: bucket }));
    expect(await failure(aws.send(new HeadBucketCommand({ Bucket: `${bucket}-none` })))).toBe("NotFound");
    expect((await raw({ path: `${bucket}-none?list-type=2` })).code).toBe("NoSuchBucket");
    expect(await ours.checkBucket()).toEqual({ objectLock: false });
    expect(await createS3Client({ ...config, bucket: lockBucket }).checkBucket()).toEqual({ objectLock: true });
  });

  test("what one client writes, the other reads, byte for byte", async () => {
    const body = randomBytes(300_001);
    const written = await ours.putObject("cross/ours", body, { contentType: "application/gzip", metadata: { Rows: "12" } });
    expect(written).toMatchObject({ bytes: body.length, etag: hex("md5", body), existed: false, verified: true });
    const seen = await read("cross/ours");
    expect(Buffer.compare(seen.bytes ?? new Uint8Array(), body)).toBe(0);
    expect(seen).toMatchObject({ ContentType: "application/gzip", ContentLength: body.length, Metadata: { rows: "12", sha256: hex("sha256", body) } });

    await put("cross/theirs", body, { Metadata: { a: "b  c" } });
    expect(Buffer.compare(await ours.getObject("cross/theirs"), body)).toBe(0);
    expect(await ours.headObject("cross/theirs")).toMatchObject({ bytes: body.length, etag: hex("md5", body), sha256: null });
  });

  test("empty object", async () => {
    await ours.putObject("empty", new Uint8Array());
    expect((await read("empty")).bytes).toHaveLength(0);
    expect(await ours.getObject("empty")).toHaveLength(0);
    expect(await ours.headObject("empty")).toMatchObject({ bytes: 0 });
  });

  test("odd keys arrive exactly, in both directions and in listings", async () => {
    for (const [index, key] of ODD_KEYS.entries()) {
      const body = Buffer.from(`${index} ${key}`);
      await ours.putObject(`odd/${key}`, body);
      expect(Buffer.from((await read(`odd/${key}`)).bytes ?? []).toString(), key).toBe(body.toString());
    }
    const listed: string[] = [];
    for await (const object of ours.listObjects("odd/")) listed.push(object.key);
    expect(listed).toEqual(ODD_KEYS.map((key) => `odd/${key}`).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    const sdk = await aws.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: "odd/ünï" }));
    expect(sdk.Contents?.map((object) => object.Key)).toEqual(["odd/ünï/çødé/日本"]);
  });

  test("ranges", async () => {
    await put("range", Buffer.from("0123456789"));
    const text = async (Range: string) => {
      const reply = await read("range", { Range });
      return [Buffer.from(reply.bytes ?? []).toString(), reply.ContentRange];
    };
    expect(await text("bytes=2-4")).toEqual(["234", "bytes 2-4/10"]);
    expect(await text("bytes=7-")).toEqual(["789", "bytes 7-9/10"]);
    expect(await text("bytes=-3")).toEqual(["789", "bytes 7-9/10"]);
    expect(await text("bytes=8-99")).toEqual(["89", "bytes 8-9/10"]);
    expect(await failure(read("range", { Range: "bytes=10-" }))).toBe("InvalidRange");
    expect(Buffer.from(await ours.getObject("range", { range: { first: 1, last: 3 } })).toString()).toBe("123");
    const stream = await ours.getObjectStream("range");
    expect(await new Response(stream.stream).text()).toBe("0123456789");
  });

  test("GET and HEAD conditions", async () => {
    await put("cond-get", Buffer.from("x"));
    const etag = `"${hex("md5", Buffer.from("x"))}"`;
    expect((await read("cond-get", { IfMatch: etag })).bytes).toHaveLength(1);
    expect(await failure(read("cond-get", { IfMatch: '"other"' }))).toBe("PreconditionFailed");
    expect((await raw({ path: `${bucket}/cond-get`, headers: { "if-none-match": etag } })).status).toBe(304);
  });

  test("missing objects, and deleting them", async () => {
    expect(await failure(read("none"))).toBe("NoSuchKey");
    expect(await failure(aws.send(new HeadObjectCommand({ Bucket: bucket, Key: "none" })))).toBe("NotFound");
    expect(await ours.headObject("none")).toBeNull();
    await ours.deleteObject("none");
    await put("gone", Buffer.from("x"));
    await ours.deleteObject("gone");
    expect(await failure(read("gone"))).toBe("NoSuchKey");
  });

  test("PUT If-None-Match: * writes once, and a race of 16 has one winner", async () => {
    await put("once", Buffer.from("first"), { IfNoneMatch: "*" });
    expect(await failure(put("once", Buffer.from("second"), { IfNoneMatch: "*" }))).toBe("PreconditionFailed");
    expect(Buffer.from((await read("once")).bytes ?? []).toString()).toBe("first");
    const outcomes = await Promise.all(Array.from({ length: 16 }, (_, index) => failure(put("race", Buffer.from(`racer ${index}`), { IfNoneMatch: "*" }))));
    expect(outcomes.filter((outcome) => outcome === "no error")).toHaveLength(1);
    expect(new Set(outcomes)).toEqual(new Set(["no error", "PreconditionFailed"]));
  });

  test("an unconditional PUT replaces", async () => {
    await put("again", Buffer.from("first"));
    await put("again", Buffer.from("second"));
    expect(Buffer.from((await read("again")).bytes ?? []).toString()).toBe("second");
  });

  test("bodies are checked against x-amz-content-sha256 and Content-MD5", async () => {
    const body = new Uint8Array(Buffer.from("the body"));
    const wrongHash = await raw({ method: "PUT", path: `${bucket}/hash`, body, headers: { "x-amz-content-sha256": "0".repeat(64) } });
    expect([wrongHash.status, wrongHash.code]).toEqual([400, "XAmzContentSHA256Mismatch"]);
    const wrongMd5 = await raw({ method: "PUT", path: `${bucket}/hash`, body, headers: { "content-md5": md5(Buffer.from("other")) } });
    expect([wrongMd5.status, wrongMd5.code]).toEqual([400, "BadDigest"]);
    const badMd5 = await raw({ method: "PUT", path: `${bucket}/hash`, body, headers: { "content-md5": "bm90IG1kNQ==" } });
    expect([badMd5.status, badMd5.code]).toEqual([400, "InvalidDigest"]);
    expect(await ours.headObject("hash")).toBeNull();
    expect((await raw({ method: "PUT", path: `${bucket}/hash`, body, headers: { "content-md5": md5(body) } })).status).toBe(200);
    expect((await raw({ method: "PUT", path: `${bucket}/hash2`, body, headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } })).status).toBe(200);
  });

  test("signatures: wrong secret, unknown key, skewed clock, anonymous, altered request", async () => {
    const list = `${bucket}?list-type=2`;
    expect((await raw({ path: list })).status).toBe(200);
    expect((await raw({ path: list, secret: "wrong" })).code).toBe("SignatureDoesNotMatch");
    expect(await failure(createS3Client({ ...config, accessKeyId: "nobody" }).checkBucket())).toBe("HoldfastError");
    for (const minutes of [-16, 16]) {
      expect((await raw({ path: list, datetime: stamp(Date.now() + minutes * 60_000) })).code, `${minutes} min`).toBe("RequestTimeTooSkewed");
    }
    expect((await raw({ path: list, datetime: stamp(Date.now() - 14 * 60_000) })).status).toBe(200);
    expect((await fetch(`${server.endpoint}/${list}`)).status).toBe(403);
    expect((await raw({ path: list, region: "eu-south-9" })).code).toBe(traits.refusesWrongRegion ? "AuthorizationHeaderMalformed" : "");
  });

  test("presigned GET", async () => {
    await put("presigned ü", Buffer.from("hello"));
    const path = `${bucket}/presigned%20%C3%BC?X-Amz-Expires=60`;
    expect((await raw({ path, signQuery: true })).text).toBe("hello");
    expect((await raw({ path, signQuery: true, secret: "wrong" })).code).toBe("SignatureDoesNotMatch");
    expect((await raw({ path, signQuery: true, datetime: stamp(Date.now() - 61_000) })).status).toBe(403);
  });

  test("listing: pages, prefix, delimiter, start-after", async () => {
    const keys = Array.from({ length: 23 }, (_, index) => `list/${index % 2 === 0 ? "even" : "odd"}/${String(index).padStart(3, "0")}`);
    await Promise.all([...keys, "list/top", "list/\u{1F600}", "list/\uFF5E"].map((key) => put(key, Buffer.from(key))));
    const collect = async (more: object): Promise<{ keys: string[]; groups: string[]; pages: number }> => {
      const seen = { keys: [] as string[], groups: [] as string[], pages: 0 };
      let ContinuationToken: string | undefined;
      do {
        const page = await aws.send(new ListObjectsV2Command({ Bucket: bucket, ...(ContinuationToken === undefined ? {} : { ContinuationToken }), ...more }));
        seen.keys.push(...(page.Contents ?? []).map((object) => object.Key ?? ""));
        seen.groups.push(...(page.CommonPrefixes ?? []).map((group) => group.Prefix ?? ""));
        seen.pages++;
        ContinuationToken = page.NextContinuationToken;
        expect(page.IsTruncated).toBe(ContinuationToken !== undefined);
      } while (ContinuationToken !== undefined);
      return seen;
    };
    const sorted = [...keys].sort();
    expect(await collect({ Prefix: "list/", MaxKeys: 5 })).toEqual({ keys: [...sorted, "list/top", "list/\uFF5E", "list/\u{1F600}"], groups: [], pages: 6 });
    expect(await collect({ Prefix: "list/", Delimiter: "/", MaxKeys: 1 })).toMatchObject({ keys: ["list/top", "list/\uFF5E", "list/\u{1F600}"], groups: ["list/even/", "list/odd/"] });
    expect((await collect({ Prefix: "list/even/", StartAfter: "list/even/010" })).keys).toEqual(sorted.filter((key) => key > "list/even/010" && key.startsWith("list/even/")));
    expect(await collect({ Prefix: "nothing/" })).toEqual({ keys: [], groups: [], pages: 1 });
  });

  test("storage class and tags are kept", async () => {
    await ours.putObject("cold", Buffer.from("x"), { storageClass: "STANDARD_IA", tagging: { tier: "weekly", "a b": "c&d" } });
    const head = await aws.send(new HeadObjectCommand({ Bucket: bucket, Key: "cold" }));
    expect(head.StorageClass).toBe("STANDARD_IA");
    const listed = await aws.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: "cold" }));
    expect(listed.Contents?.[0]?.StorageClass).toBe("STANDARD_IA");
  });

  test("multipart: out of sequence, listed, replaced part, completed", async () => {
    const Key = "multi part/ü";
    const parts = [randomBytes(5 * MIB), randomBytes(5 * MIB), randomBytes(1234)];
    const target = { Bucket: bucket, Key, UploadId: (await aws.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key, Metadata: { m: "1" } }))).UploadId };
    await aws.send(new UploadPartCommand({ ...target, PartNumber: 2, Body: randomBytes(10) }));
    const etags: (string | undefined)[] = [];
    for (const index of [2, 1, 0]) etags[index] = (await aws.send(new UploadPartCommand({ ...target, PartNumber: index + 1, Body: parts[index] ?? Buffer.alloc(0) }))).ETag;
    expect(await failure(read(Key))).toBe("NoSuchKey");
    const listed = await aws.send(new ListPartsCommand(target));
    expect(listed.Parts?.map((part) => [part.PartNumber, part.Size, part.ETag])).toEqual(parts.map((part, index) => [index + 1, part.length, `"${hex("md5", part)}"`]));
    const Parts = etags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }));
    expect(await failure(aws.send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts: [{ ETag: `"${"0".repeat(32)}"`, PartNumber: 1 }] } })))).toBe("InvalidPart");
    const wanted = `"${createHash("md5").update(Buffer.concat(parts.map((part) => createHash("md5").update(part).digest()))).digest("hex")}-3"`;
    const done = await aws.send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts } }));
    expect(done.ETag).toBe(traits.completeReturnsEtag ? wanted : "");
    const whole = Buffer.concat(parts);
    const seen = await read(Key);
    expect(seen).toMatchObject({ ETag: wanted, ContentLength: whole.length, Metadata: { m: "1" } });
    expect(Buffer.compare(seen.bytes ?? new Uint8Array(), whole)).toBe(0);
    const across = await ours.getObject(Key, { range: { first: 5 * MIB - 3, last: 10 * MIB + 2 } });
    expect(Buffer.compare(across, whole.subarray(5 * MIB - 3, 10 * MIB + 3))).toBe(0);
  });

  test("multipart: small part, wrong order, abort, condition", async () => {
    const begin = async (Key: string) => ({ Bucket: bucket, Key, UploadId: (await aws.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }))).UploadId });
    const add = async (target: Awaited<ReturnType<typeof begin>>, PartNumber: number, bytes: number) => ({ PartNumber, ETag: (await aws.send(new UploadPartCommand({ ...target, PartNumber, Body: Buffer.alloc(bytes, PartNumber) }))).ETag });
    const small = await begin("multi/small");
    const Parts = [await add(small, 1, 10), await add(small, 2, 10)];
    expect(await failure(aws.send(new CompleteMultipartUploadCommand({ ...small, MultipartUpload: { Parts } })))).toBe("EntityTooSmall");

    const disorder = await begin("multi/disorder");
    const two = [await add(disorder, 2, 5 * MIB), await add(disorder, 1, 5 * MIB)];
    expect(await failure(aws.send(new CompleteMultipartUploadCommand({ ...disorder, MultipartUpload: { Parts: two } })))).toBe(traits.refusesPartsOutOfOrder ? "InvalidPartOrder" : "no error");

    await aws.send(new AbortMultipartUploadCommand(small));
    expect(await failure(add(small, 1, 10))).toBe("NoSuchUpload");

    await put("multi/taken", Buffer.from("x"));
    const taken = await begin("multi/taken");
    const one = [await add(taken, 1, 10)];
    expect(await failure(aws.send(new CompleteMultipartUploadCommand({ ...taken, IfNoneMatch: "*", MultipartUpload: { Parts: one } })))).toBe(traits.completeHonoursIfNoneMatch ? "PreconditionFailed" : "no error");
  });

  test("Object Lock holds a version, a delete marker does not break it", async () => {
    const client = createS3Client({ ...config, bucket: lockBucket }, { retries: 0 });
    const retainUntil = new Date(Date.now() + 3600_000);
    const kept = await client.putObject("locked", Buffer.from("keep me"), { objectLock: { mode: "COMPLIANCE", retainUntil } });
    expect(kept.verified).toBe(true);
    expect(kept.versionId).toMatch(/.+/);
    expect((await client.headObject("locked"))?.objectLock).toEqual({ mode: "COMPLIANCE", retainUntil });
    const version = { Bucket: lockBucket, Key: "locked", VersionId: kept.versionId ?? "" };
    expect(await failure(aws.send(new DeleteObjectCommand(version)))).toBe("AccessDenied");
    await expect(client.deleteObject("locked", { versionId: version.VersionId })).rejects.toMatchObject({ code: "HF202" });
    await aws.send(new DeleteObjectCommand({ ...version, BypassGovernanceRetention: true })).then(() => expect.unreachable("COMPLIANCE was bypassed"), (error: unknown) => expect(error).toMatchObject({ name: "AccessDenied" }));
    await client.deleteObject("locked");
    expect(await client.headObject("locked")).toBeNull();
    const still = await aws.send(new GetObjectCommand(version));
    expect(await still.Body?.transformToString()).toBe("keep me");
  });

  test("GOVERNANCE yields to a bypass, and an unlocked version to a delete", async () => {
    const client = createS3Client({ ...config, bucket: lockBucket }, { retries: 0 });
    const kept = await client.putObject("governed", Buffer.from("x"), { objectLock: { mode: "GOVERNANCE", retainUntil: new Date(Date.now() + 3600_000) } });
    const version = { Bucket: lockBucket, Key: "governed", VersionId: kept.versionId ?? "" };
    expect(await failure(aws.send(new DeleteObjectCommand(version)))).toBe("AccessDenied");
    await aws.send(new DeleteObjectCommand({ ...version, BypassGovernanceRetention: true }));
    expect(await client.headObject("governed")).toBeNull();
    const free = await client.putObject("free", Buffer.from("x"));
    await client.deleteObject("free", { versionId: free.versionId ?? "" });
    expect(await client.headObject("free")).toBeNull();
  });

  test("Object Lock headers are refused where they would mean nothing", async () => {
    await expect(ours.putObject("unlockable", Buffer.from("x"), { objectLock: { mode: "GOVERNANCE", retainUntil: new Date(Date.now() + 3600_000) } })).rejects.toMatchObject({ code: "HF206", detail: expect.stringContaining("InvalidRequest") });
    const headers = { "x-amz-object-lock-mode": "GOVERNANCE", "x-amz-object-lock-retain-until-date": new Date(Date.now() + 3600_000).toISOString() };
    const bare = await raw({ method: "PUT", path: `${lockBucket}/bare`, body: new Uint8Array(1), headers });
    expect(bare.status).toBe(traits.lockNeedsDigest ? 400 : 200);
  });

  test("features that are not there are refused, not dropped", async () => {
    const body = new Uint8Array(1);
    const acl = await raw({ method: "PUT", path: `${bucket}/acl`, body, headers: { "x-amz-server-side-encryption-customer-key": "x" } });
    expect(acl.status).toBe(traits.refusesUnknownHeaders ? 501 : 400);
    const bogus = await raw({ method: "PUT", path: `${bucket}/class`, body, headers: { "x-amz-storage-class": "NO_SUCH_CLASS" } });
    expect([bogus.status, bogus.code]).toEqual([400, traits.unknownStorageClass]);
  });
});
