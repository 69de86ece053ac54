import { createHash, randomBytes } from "node:crypto";
import { AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateMultipartUploadCommand, DeleteObjectCommand, GetObjectCommand, ListPartsCommand, UploadPartCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createS3Client } from "../../../functions/_shared/s3/s3_client.ts";
import { failure, hex, openContract, targets } from "./contract_target.ts";

const MIB = 1 << 20;

describe.each(targets)("startS3() and our client keep the S3 contract: $name", (target) => {
  const { traits } = target;
  let contract: Awaited<ReturnType<typeof openContract>>;
  beforeAll(async () => {
    contract = await openContract(target);
  });
  afterAll(() => contract.close());

  test("multipart: out of sequence, listed, replaced part, completed", async () => {
    const { aws, bucket, ours, read } = contract;
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
    const { aws, bucket, put } = contract;
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
    const { config, aws, lockBucket } = contract;
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
    const { config, aws, lockBucket } = contract;
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
    const { lockBucket, ours, raw } = contract;
    await expect(ours.putObject("unlockable", Buffer.from("x"), { objectLock: { mode: "GOVERNANCE", retainUntil: new Date(Date.now() + 3600_000) } })).rejects.toMatchObject({ code: "HF206", detail: expect.stringContaining("InvalidRequest") });
    const headers = { "x-amz-object-lock-mode": "GOVERNANCE", "x-amz-object-lock-retain-until-date": new Date(Date.now() + 3600_000).toISOString() };
    const bare = await raw({ method: "PUT", path: `${lockBucket}/bare`, body: new Uint8Array(1), headers });
    expect(bare.status).toBe(traits.lockNeedsDigest ? 400 : 200);
  });
});
