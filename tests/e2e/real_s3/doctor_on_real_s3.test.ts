import { PutBucketAclCommand, PutObjectLockConfigurationCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runDoctorChecks } from "../../../functions/_shared/doctor/run_doctor_checks.ts";
import { STORAGE_CHECKS } from "../../../functions/_shared/doctor/storage_checks.ts";
import { StorageContext } from "../../../functions/_shared/doctor/storage_context.ts";
import type { StorageWants } from "../../../functions/_shared/doctor/storage_wants.ts";
import { openContract, targets } from "../../stack/s3/contract_target.ts";

const WANTS: StorageWants = { project: "clinic", objectLock: null, deletes: true, enabled: true, classes: [{ policy: "secondary_monthly", storageClass: "GLACIER_IR" }] };

describe.each(targets)("the checks of a bucket: $name", (target) => {
  let contract: Awaited<ReturnType<typeof openContract>>;
  beforeAll(async () => {
    contract = await openContract(target);
  });
  afterAll(() => contract.close());

  const look = async (change: Record<string, string> = {}, wants: Partial<StorageWants> = {}) => {
    const { config } = contract;
    const env = { HOLDFAST_S3_ENDPOINT: config.endpoint, HOLDFAST_S3_BUCKET: config.bucket, HOLDFAST_S3_ACCESS_KEY_ID: config.accessKeyId, HOLDFAST_S3_SECRET_ACCESS_KEY: config.secretAccessKey, ...change };
    return await runDoctorChecks(STORAGE_CHECKS, new StorageContext({ env, where: "machine", wants: () => Promise.resolve({ ...WANTS, ...wants }) }));
  };
  const troubles = async (...given: Parameters<typeof look>) => (await look(...given)).filter(({ verdict, blockedBy }) => verdict !== "passed" && blockedBy === null).map(({ name, verdict }) => `${verdict} ${name}`);
  const keys = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { key } of contract.ours.listObjects("")) found.push(key);
    return found;
  };

  it("STORAGE_CHECKS pass on a good bucket, with and without Object Lock, and leave nothing behind", async () => {
    expect(await troubles()).toEqual([]);
    expect(await keys()).toEqual([]);
    expect(await troubles({ HOLDFAST_S3_BUCKET: contract.lockBucket }, { objectLock: "GOVERNANCE" })).toEqual([]);
  });

  it.each([
    ["an unknown key", { HOLDFAST_S3_ACCESS_KEY_ID: "nobody" }, "InvalidAccessKeyId"],
    ["a wrong secret", { HOLDFAST_S3_SECRET_ACCESS_KEY: "wrong" }, "SignatureDoesNotMatch"],
    ["a bucket that is not there", { HOLDFAST_S3_BUCKET: "holdfast-absent" }, "NoSuchBucket"],
  ])("STORAGE_CHECKS tell %s by the server's own words", async (_, change, code) => {
    const results = await look(change);
    expect(results.find(({ verdict }) => verdict === "failed")).toMatchObject({ name: "access", seen: expect.stringContaining(code), fix: expect.any(String) });
  });

  it("STORAGE_CHECKS notice that a bucket cannot lock", async () => {
    expect(await troubles({}, { objectLock: "COMPLIANCE" })).toEqual(["failed object_lock"]);
  });

  // The stand-in knows neither access lists nor default retention: there a proxy and a client play them.
  if (target.name !== "stand-in") {
    it("STORAGE_CHECKS notice a bucket that everybody may list", async () => {
      await contract.aws.send(new PutBucketAclCommand({ Bucket: contract.bucket, ACL: "public-read" }));
      expect(await troubles()).toEqual(["failed public_access"]);
    });

    it("STORAGE_CHECKS do not blame the key for a bucket that locks what it gets, and name what is left", async () => {
      await contract.aws.send(new PutObjectLockConfigurationCommand({ Bucket: contract.lockBucket, ObjectLockConfiguration: { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention: { Mode: "GOVERNANCE", Days: 1 } } } }));
      const deleted = (await look({ HOLDFAST_S3_BUCKET: contract.lockBucket })).find(({ name }) => name === "delete");
      expect(deleted).toMatchObject({ verdict: "passed", seen: expect.stringMatching(/^the bucket locks what is stored, the probe until .*; left in the bucket: holdfast\/clinic\/probes\//) });
    });
  }
});
