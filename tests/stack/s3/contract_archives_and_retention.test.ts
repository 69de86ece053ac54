import { setTimeout as sleep } from "node:timers/promises";
import { DeleteObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectRetentionCommand, RestoreObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createS3Client } from "../../../functions/_shared/s3/s3_client.ts";
import { failure, openContract, targets } from "./contract_target.ts";

const CLASSES = ["STANDARD", "STANDARD_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"];
const RESTORE = new Uint8Array(Buffer.from('<RestoreRequest xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Days>1</Days><GlacierJobParameters><Tier>Standard</Tier></GlacierJobParameters></RestoreRequest>'));
const HOUR = 3600_000;

describe.each(targets)("startS3() and our client keep the S3 contract: $name", (target) => {
  const { traits } = target;
  let contract: Awaited<ReturnType<typeof openContract>>;
  beforeAll(async () => {
    contract = await openContract(target);
  });
  afterAll(() => contract.close());

  test.each(CLASSES)("storage class %s is taken, and shown by HEAD and in listings", async (storageClass) => {
    const { aws, bucket, ours } = contract;
    const key = `class/${storageClass}`;
    expect((await ours.putObject(key, Buffer.from("x"), { storageClass })).verified).toBe(true);
    const shown = storageClass === "STANDARD" ? traits.standardInHead : storageClass;
    expect((await aws.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))).StorageClass).toBe(shown);
    expect(await ours.headObject(key)).toMatchObject({ bytes: 1, storageClass, thaw: null });
    expect((await aws.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: key }))).Contents?.map((one) => one.StorageClass)).toContain(storageClass);
    for await (const listed of ours.listObjects(key)) if (listed.key === key) expect(listed.storageClass).toBe(storageClass);
  });

  test.each(["GLACIER", "DEEP_ARCHIVE"])("what is in %s is read, asked for and thawed as this server does it", async (storageClass) => {
    const { aws, bucket, ours, put, raw, read } = contract;
    const Key = `archive/${storageClass}`;
    await put(Key, Buffer.from("cold"), { StorageClass: storageClass });
    expect(await failure(read(Key))).toBe(traits.archivedGet);
    expect(await failure(read(Key, { Range: "bytes=0-0" }))).toBe(traits.archivedGet);
    const ask = async (key: string): Promise<string> => {
      const { status, code } = await raw({ method: "POST", path: `${bucket}/${key}?restore`, body: RESTORE });
      return `${status} ${code}`.trim();
    };
    await put("archive/none", Buffer.from("warm"));
    expect([await ask(Key), await ask(Key), await ask("archive/none")]).toEqual(traits.restoreAnswers);
    await put(`${Key}/ours`, Buffer.from("cold"), { StorageClass: storageClass });
    const asked = await ours.restoreObject(`${Key}/ours`, { tier: "Standard", days: 1 }).catch((error: unknown) => (error as { code: string }).code);
    expect(asked).toBe(traits.restoreObject);

    // Where there is an archive, it gives a copy for a day, and keeps the class.
    const until = Date.now() + 10_000;
    while (traits.archivedGet !== "no error" && (await ours.headObject(Key))?.thaw?.ongoing !== false && Date.now() < until) await sleep(50);
    expect((await read(Key)).bytes).toHaveLength(4);
    const head = await aws.send(new HeadObjectCommand({ Bucket: bucket, Key }));
    expect([head.StorageClass, head.Restore]).toEqual([storageClass, traits.archivedGet === "no error" ? undefined : expect.stringMatching(/^ongoing-request="false", expiry-date="[^"]+ GMT"$/)]);
    const again = await aws.send(new RestoreObjectCommand({ Bucket: bucket, Key, RestoreRequest: { Days: 1, GlacierJobParameters: { Tier: "Bulk" } } })).then((one) => one.$metadata.httpStatusCode, (error: Error) => error.name);
    expect(again).toBe(traits.archivedGet === "no error" ? "NotImplemented" : 200);
  });

  test("a retention can be made longer, not shorter, and ends at its date", async () => {
    const { aws, config, lockBucket } = contract;
    const client = createS3Client({ ...config, bucket: lockBucket }, { retries: 0 });
    const at = (ms: number): Date => new Date(Math.ceil((Date.now() + ms) / 1000) * 1000);
    const retain = (Key: string, VersionId: string | null, Mode: "GOVERNANCE" | "COMPLIANCE", RetainUntilDate: Date, bypass = false) => failure(aws.send(new PutObjectRetentionCommand({
      Bucket: lockBucket, Key, ...(VersionId === null ? {} : { VersionId }), ChecksumAlgorithm: "SHA256", Retention: { Mode, RetainUntilDate }, ...(bypass ? { BypassGovernanceRetention: true } : {}) })));
    for (const mode of ["GOVERNANCE", "COMPLIANCE"] as const) {
      const { versionId } = await client.putObject(mode, Buffer.from("x"), { objectLock: { mode, retainUntil: at(HOUR) } });
      const later = at(2 * HOUR);
      expect(await retain(mode, versionId, mode, later), `${mode} longer`).toBe("no error");
      expect((await client.headObject(mode))?.objectLock).toEqual({ mode, retainUntil: later });
      expect(await retain(mode, versionId, mode, at(HOUR)), `${mode} shorter`).toBe("AccessDenied");
      expect(await retain(mode, versionId, mode, at(HOUR), true), `${mode} shorter with a bypass`).toBe(mode === "GOVERNANCE" ? "no error" : "AccessDenied");
    }
    const brief = await client.putObject("brief", Buffer.from("x"), { objectLock: { mode: "COMPLIANCE", retainUntil: at(1_500) } });
    const version = { Bucket: lockBucket, Key: "brief", VersionId: brief.versionId ?? "" };
    expect(await failure(aws.send(new DeleteObjectCommand(version)))).toBe("AccessDenied");
    await sleep(3_000);
    await aws.send(new DeleteObjectCommand(version));
    expect(await client.headObject("brief")).toBeNull();
  });
});
