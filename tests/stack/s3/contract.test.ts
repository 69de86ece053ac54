import { createHash, randomBytes } from "node:crypto";
import { GetBucketVersioningCommand, HeadBucketCommand, HeadObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createS3Client } from "../../../functions/_shared/s3/s3_client.ts";
import { failure, hex, openContract, targets } from "./contract_target.ts";

const md5 = (body: Uint8Array): string => createHash("md5").update(body).digest("base64");
const stamp = (ms: number): string => new Date(ms).toISOString().replace(/[:-]|\.\d{3}/g, "");
const ODD_KEYS = ["plain", "with space", "a+b", "100%", "%41", "quote'\"", "ünï/çødé/日本", "emoji😀", "sla//sh", "trailing/", "(brackets)!*", "a&b<c>", "..a/b..", "tab\there", "back\\slash", "q?x=1#y", "~tilde", "semi;colon=,@$:", "-dash/data/public.Order Items/0001.copy.gz"];

describe.each(targets)("startS3() and our client keep the S3 contract: $name", (target) => {
  const { traits } = target;
  let contract: Awaited<ReturnType<typeof openContract>>;
  beforeAll(async () => {
    contract = await openContract(target);
  });
  afterAll(() => contract.close());

  test("bucket exists, a missing one is 404, and Object Lock is reported", async () => {
    const { config, aws, bucket, lockBucket, ours, raw } = contract;
    await aws.send(new HeadBucketCommand({ Bucket: bucket }));
    expect(await failure(aws.send(new HeadBucketCommand({ Bucket: `${bucket}-none` })))).toBe("NotFound");
    expect((await raw({ path: `${bucket}-none?list-type=2` })).code).toBe("NoSuchBucket");
    expect(await ours.checkBucket()).toEqual({ objectLock: false });
    expect(await createS3Client({ ...config, bucket: lockBucket }).checkBucket()).toEqual({ objectLock: true });
    // Object Lock keeps versions; a bucket without it was made without them.
    expect((await aws.send(new GetBucketVersioningCommand({ Bucket: bucket }))).Status).toBeUndefined();
    expect((await aws.send(new GetBucketVersioningCommand({ Bucket: lockBucket }))).Status).toBe("Enabled");
  });

  test("what one client writes, the other reads, byte for byte", async () => {
    const { ours, put, read } = contract;
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
    const { ours, read } = contract;
    await ours.putObject("empty", new Uint8Array());
    expect((await read("empty")).bytes).toHaveLength(0);
    expect(await ours.getObject("empty")).toHaveLength(0);
    expect(await ours.headObject("empty")).toMatchObject({ bytes: 0 });
  });

  test("odd keys arrive exactly, in both directions and in listings", async () => {
    const { aws, bucket, ours, read } = contract;
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
    const { ours, put, read } = contract;
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
    const { bucket, raw, put, read } = contract;
    await put("cond-get", Buffer.from("x"));
    const etag = `"${hex("md5", Buffer.from("x"))}"`;
    expect((await read("cond-get", { IfMatch: etag })).bytes).toHaveLength(1);
    expect(await failure(read("cond-get", { IfMatch: '"other"' }))).toBe("PreconditionFailed");
    expect((await raw({ path: `${bucket}/cond-get`, headers: { "if-none-match": etag } })).status).toBe(304);
  });

  test("missing objects, and deleting them", async () => {
    const { aws, bucket, ours, put, read } = contract;
    expect(await failure(read("none"))).toBe("NoSuchKey");
    expect(await failure(aws.send(new HeadObjectCommand({ Bucket: bucket, Key: "none" })))).toBe("NotFound");
    expect(await ours.headObject("none")).toBeNull();
    await ours.deleteObject("none");
    await put("gone", Buffer.from("x"));
    await ours.deleteObject("gone");
    expect(await failure(read("gone"))).toBe("NoSuchKey");
  });

  test("PUT If-None-Match: * writes once, and a race of 16 has one winner", async () => {
    const { put, read } = contract;
    await put("once", Buffer.from("first"), { IfNoneMatch: "*" });
    expect(await failure(put("once", Buffer.from("second"), { IfNoneMatch: "*" }))).toBe("PreconditionFailed");
    expect(Buffer.from((await read("once")).bytes ?? []).toString()).toBe("first");
    const outcomes = await Promise.all(Array.from({ length: 16 }, (_, index) => failure(put("race", Buffer.from(`racer ${index}`), { IfNoneMatch: "*" }))));
    expect(outcomes.filter((outcome) => outcome === "no error")).toHaveLength(1);
    expect(new Set(outcomes)).toEqual(new Set(["no error", "PreconditionFailed"]));
  });

  test("an unconditional PUT replaces", async () => {
    const { put, read } = contract;
    await put("again", Buffer.from("first"));
    await put("again", Buffer.from("second"));
    expect(Buffer.from((await read("again")).bytes ?? []).toString()).toBe("second");
  });

  test("bodies are checked against x-amz-content-sha256 and Content-MD5", async () => {
    const { bucket, ours, raw } = contract;
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
    const { config, bucket, raw, server } = contract;
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
    const { bucket, raw, put } = contract;
    await put("presigned ü", Buffer.from("hello"));
    const path = `${bucket}/presigned%20%C3%BC?X-Amz-Expires=60`;
    expect((await raw({ path, signQuery: true })).text).toBe("hello");
    expect((await raw({ path, signQuery: true, secret: "wrong" })).code).toBe("SignatureDoesNotMatch");
    expect((await raw({ path, signQuery: true, datetime: stamp(Date.now() - 61_000) })).status).toBe(403);
  });

  test("listing: pages, prefix, delimiter, start-after", async () => {
    const { aws, bucket, put } = contract;
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
    const { aws, bucket, ours } = contract;
    await ours.putObject("cold", Buffer.from("x"), { storageClass: "STANDARD_IA", tagging: { tier: "weekly", "a b": "c&d" } });
    const head = await aws.send(new HeadObjectCommand({ Bucket: bucket, Key: "cold" }));
    expect(head.StorageClass).toBe("STANDARD_IA");
    const listed = await aws.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: "cold" }));
    expect(listed.Contents?.[0]?.StorageClass).toBe("STANDARD_IA");
  });

  test("features that are not there are refused, not dropped", async () => {
    const { bucket, raw } = contract;
    const body = new Uint8Array(1);
    const acl = await raw({ method: "PUT", path: `${bucket}/acl`, body, headers: { "x-amz-server-side-encryption-customer-key": "x" } });
    expect(acl.status).toBe(traits.refusesUnknownHeaders ? 501 : 400);
    const bogus = await raw({ method: "PUT", path: `${bucket}/class`, body, headers: { "x-amz-storage-class": "NO_SUCH_CLASS" } });
    expect([bogus.status, bogus.code]).toEqual([400, traits.unknownStorageClass]);
  });
});
