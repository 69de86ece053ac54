import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { storageClock } from "../../../functions/_shared/doctor/storage/clock.ts";
import { storageDelete } from "../../../functions/_shared/doctor/storage/delete.ts";
import { storageList } from "../../../functions/_shared/doctor/storage/list.ts";
import { storageRead } from "../../../functions/_shared/doctor/storage/read.ts";
import { StorageContext } from "../../../functions/_shared/doctor/storage_context.ts";
import type { StorageWants } from "../../../functions/_shared/doctor/storage_wants.ts";
import { HoldfastError } from "../../../functions/_shared/errors/holdfast_error.ts";
import { createS3Client } from "../../../functions/_shared/s3/s3_client.ts";
import { systemClock } from "../../../functions/_shared/s3/retry.ts";
import { parseS3Config } from "../../../functions/_shared/s3/s3_config.ts";
import { createDoctorWorld, type DoctorWorld, MARK, theFailure, troubles } from "../../support/doctor_world.ts";
import { s3Proxy } from "../../support/s3_proxy.ts";

let world: DoctorWorld;
beforeAll(async () => void (world = await createDoctorWorld()));
afterEach(() => world.storage.faults.clear());
afterAll(() => world.stop());

const quick = { ...systemClock, sleep: () => Promise.resolve() };
const look = (change: Record<string, string | undefined> = {}, clock = quick) => {
  const machine = Object.fromEntries(Object.entries({ ...world.env, ...change }).filter((entry): entry is [string, string] => entry[1] !== undefined));
  return world.doctor({ area: "bucket", machine, clock });
};
const resultOf = async (name: string, change: Record<string, string | undefined> = {}) => (await look(change)).results.find((one) => one.name === `bucket/${name}`);
const probes = async (bucket = "backups"): Promise<string[]> => {
  const config = parseS3Config({ ...world.env, HOLDFAST_S3_BUCKET: bucket });
  const keys: string[] = [];
  if (config !== null) for await (const { key } of createS3Client(config).listObjects("")) keys.push(key);
  return keys;
};

describe("runDoctor() on a bucket", () => {
  it("runDoctor() stores an object, reads it back, and leaves nothing behind", async () => {
    const report = await look();
    expect(troubles(report)).toEqual([]);
    expect(report.results).toHaveLength(12);
    expect(await probes()).toEqual([]);
  });

  it("runDoctor() has nothing to look at where S3 is not configured on this machine", async () => {
    const report = await world.doctor({ area: "bucket", machine: {} });
    expect(report).toMatchObject({ verdict: "passed", results: Array(12).fill(expect.objectContaining({ verdict: "skipped" })) });
  });

  it.each([
    ["a variable that is missing", { HOLDFAST_S3_BUCKET: undefined }, "settings", "HOLDFAST_S3_BUCKET is not set", "export HOLDFAST_S3_BUCKET=…"],
    ["a variable that is malformed", { HOLDFAST_S3_ENDPOINT: `https://u:${MARK}@s3.example.com` }, "settings", "HOLDFAST_S3_ENDPOINT must not contain a key or a password", "export HOLDFAST_S3_ENDPOINT=…"],
    ["an address nobody answers at", { HOLDFAST_S3_ENDPOINT: "http://127.0.0.1:9099" }, "endpoint", "ECONNREFUSED", "export HOLDFAST_S3_ENDPOINT=…"],
    ["an unknown key", { HOLDFAST_S3_ACCESS_KEY_ID: MARK }, "access", "InvalidAccessKeyId", "export HOLDFAST_S3_ACCESS_KEY_ID=… HOLDFAST_S3_SECRET_ACCESS_KEY=…"],
    ["a wrong secret", { HOLDFAST_S3_SECRET_ACCESS_KEY: `${MARK}-wrong` }, "access", "SignatureDoesNotMatch", "export HOLDFAST_S3_SECRET_ACCESS_KEY=…"],
    ["a stale session token", { HOLDFAST_S3_SESSION_TOKEN: MARK }, "access", "InvalidToken", "HOLDFAST_S3_SESSION_TOKEN=…"],
    ["a wrong region", { HOLDFAST_S3_REGION: "eu-south-9" }, "access", "AuthorizationHeaderMalformed", "export HOLDFAST_S3_REGION=…"],
    ["a bucket that is not there", { HOLDFAST_S3_BUCKET: "absent" }, "access", 'bucket "absent" does not exist', "aws s3api create-bucket --bucket absent"],
  ])("runDoctor() names %s, never its value, and nothing else", async (_, change, name, seen, fix) => {
    const report = await look(change);
    expect(theFailure(report)).toMatchObject({ name: `bucket/${name}`, seen: expect.stringContaining(seen), fix: expect.stringContaining(fix) });
    expect(troubles(report)).toEqual([`failed bucket/${name}`]);
    expect(JSON.stringify(report)).not.toContain(MARK);
  });

  it("runDoctor() tells a wrong clock from a wrong key, and a service that is away from a wrong address", async () => {
    const late = await look({}, { ...quick, now: () => Date.now() - 3_600_000 });
    // Its clock is that of this machine, which the database sees as well.
    expect(theFailure(late)).toMatchObject({ name: "bucket/clock", seen: expect.stringMatching(/behind the storage; object storage refuses/), fix: expect.stringContaining("set-ntp true") });
    expect(troubles(await look({}, { ...quick, now: () => Date.now() + 120_000 }))).toEqual(["inconclusive bucket/clock"]);
    world.storage.faults.add({ kind: "status", status: 503, code: "SlowDown", times: 0 });
    expect(troubles(await look())).toEqual(["inconclusive bucket/endpoint"]);
  });

  it.each([
    ["write", { kind: "status", method: "PUT", status: 403, code: "AccessDenied" }, "denied", "Allow the key s3:PutObject on arn:aws:s3:::backups/holdfast/*"],
    ["write", { kind: "disk_full", method: "PUT" }, "no space or quota is left", "raise the quota"],
    ["read", { kind: "status", method: "GET", key: "probes/", status: 403, code: "AccessDenied" }, "denied", "Allow the key s3:GetObject"],
    ["read", { kind: "lost", method: "PUT", times: 1 }, "acknowledged and is not there", "Do not trust this storage"],
    ["read", { kind: "corrupt", method: "PUT", times: 1 }, "damaged", "storage provider"],
    ["storage_classes", { kind: "status", method: "PUT", key: "-glacier_ir$", status: 400, code: "InvalidStorageClass" }, "GLACIER_IR: ", "holdfast policies set secondary_monthly --storage-class none"],
  ] as const)("runDoctor() notices that %s fails: %o", async (name, fault, seen, fix) => {
    world.storage.faults.add({ times: 0, ...fault });
    const report = await look();
    const found = report.results.find((one) => one.name === `bucket/${name}`);
    expect(found).toMatchObject({ verdict: "failed", seen: expect.stringContaining(seen), fix: expect.stringContaining(fix) });
    // A lost object is missing in the listing too.
    expect(troubles(report).filter((one) => one !== "failed bucket/list")).toEqual([`failed bucket/${name}`]);
    world.storage.faults.clear();
    expect(await probes()).toEqual([]);
  });

  it("runDoctor() notices a listing that does not show what is stored", async () => {
    world.storage.faults.add({ kind: "status", method: "GET", key: "^$", skip: 1, times: 1, status: 403, code: "AccessDenied" });
    const report = await look();
    expect(theFailure(report)).toMatchObject({ name: "bucket/list", fix: "Allow the key s3:ListBucket on arn:aws:s3:::backups; the whole policy is in docs/security.md." });
  });

  it("runDoctor() fails a bucket that anybody may read or list", async () => {
    for (const [pattern, word] of [[/probes/, "read"], [/list-type/, "listed"]] as const) {
      const open = await s3Proxy(world.storage.endpoint, (incoming, outgoing) => {
        if (incoming.headers.authorization !== undefined || !pattern.test(incoming.url ?? "")) return false;
        outgoing.writeHead(200).end("everything");
        return true;
      });
      const report = await look({ HOLDFAST_S3_ENDPOINT: open.endpoint });
      open.stop();
      expect(theFailure(report)).toMatchObject({ name: "bucket/public_access", seen: `the bucket can be ${word} by anyone, without a key`, fix: expect.stringContaining("aws s3api put-public-access-block --bucket backups") });
    }
  });

  it("runDoctor() does not take a storage that is away for one that is closed to strangers", async () => {
    const broken = await s3Proxy(world.storage.endpoint, (incoming, outgoing) => {
      if (incoming.headers.authorization !== undefined) return false;
      outgoing.writeHead(500).end();
      return true;
    });
    expect(troubles(await look({ HOLDFAST_S3_ENDPOINT: broken.endpoint }))).toEqual(["inconclusive bucket/public_access"]);
    broken.stop();
  });

  it("runDoctor() compares Object Lock with what the strategy wants", async () => {
    await world.sql("update backup.settings set object_lock = 'COMPLIANCE' where id");
    expect(theFailure(await look())).toMatchObject({ name: "bucket/object_lock", seen: expect.stringContaining("HF601"), fix: expect.stringContaining("--object-lock-enabled-for-bucket") });
    expect(await resultOf("object_lock", { HOLDFAST_S3_BUCKET: "locked" })).toMatchObject({ verdict: "passed", seen: "the bucket has Object Lock, settings.object_lock is COMPLIANCE" });
    expect(await resultOf("versioning", { HOLDFAST_S3_BUCKET: "locked" })).toMatchObject({ verdict: "passed", seen: "the bucket keeps versions" });
    expect(await probes("locked")).toEqual([]);
    const silent = await s3Proxy(world.storage.endpoint, (incoming, outgoing) => {
      if (incoming.url?.includes("object-lock") !== true) return false;
      outgoing.writeHead(403).end();
      return true;
    });
    expect(troubles(await look({ HOLDFAST_S3_ENDPOINT: silent.endpoint }))).toEqual(["inconclusive bucket/object_lock"]);
    silent.stop();
    await world.sql("update backup.settings set object_lock = null where id");
  });

  it("runDoctor() takes a key that may not delete for a good one, unless retention has to", async () => {
    world.storage.faults.add({ kind: "status", method: "DELETE", status: 403, code: "AccessDenied", times: 0 });
    const found = await resultOf("delete");
    expect(found).toMatchObject({ verdict: "passed", seen: expect.stringMatching(/^the key may not delete, which protects the backups; left in the bucket: holdfast\/clinic\/probes\//) });
    await world.sql("update backup.settings set retention_mode = 'apply' where id");
    const failed = theFailure(await look());
    await world.sql("update backup.settings set retention_mode = 'dry_run' where id");
    expect(failed).toMatchObject({ name: "bucket/delete", fix: expect.stringMatching(/s3:DeleteObject and s3:DeleteObjectVersion.*retention_mode = 'off' where id;/) });
    const left = await probes();
    expect(left).toHaveLength(6);
    expect(found?.seen).toContain(left.find((key) => found?.seen.includes(key)));
  });

  /** A context whose client answers as no stand-in does. */
  const stubbed = (parts: object, wants: StorageWants | null = null, fetch = globalThis.fetch) => {
    const context = new StorageContext({ env: world.env, where: "machine", wants: () => Promise.resolve(wants), fetch });
    context.probes.push({ key: "a/probe", versionId: "1" });
    Object.defineProperty(context, "client", { value: parts });
    return context;
  };
  const refusing = (code: "HF202" | "HF203", lock: object | null = null) => ({ deleteObject: () => Promise.reject(new HoldfastError(code, "No")), headObject: () => Promise.resolve({ objectLock: lock }) });

  it("storageDelete.look() does not blame the key for a bucket that locks what it gets, nor where it cannot know", async () => {
    const wants: StorageWants = { project: "clinic", objectLock: null, deletes: true, classes: [], enabled: true };
    expect(await storageDelete.look(stubbed(refusing("HF202", { mode: "GOVERNANCE", retainUntil: new Date("2030-01-01T00:00:00Z") }), wants), []))
      .toEqual({ verdict: "passed", seen: "the bucket locks what is stored, the probe until 2030-01-01T00:00:00.000Z; left in the bucket: a/probe", fix: null });
    expect(await storageDelete.look(stubbed(refusing("HF202"), wants), [])).toMatchObject({ verdict: "failed" });
    expect(await storageDelete.look(stubbed(refusing("HF202")), [])).toMatchObject({ verdict: "inconclusive", seen: expect.stringContaining("which cannot be read; left in the bucket: a/probe") });
    expect(await storageDelete.look(stubbed(refusing("HF203"), wants), [])).toMatchObject({ verdict: "inconclusive", seen: "No; left in the bucket: a/probe" });
  });

  it("storageRead.look(), storageList.look() and storageClock.look() believe no answer that does not fit", async () => {
    const lying = stubbed({ getObject: () => Promise.resolve(new TextEncoder().encode("other")), listObjects: async function* () {} },
      null, () => Promise.resolve(new Response("<ListBucketResult/>", { status: 200 })));
    expect(await storageRead.look(lying, [])).toMatchObject({ verdict: "failed", seen: "other bytes came back than were stored" });
    expect(await storageList.look(lying, [])).toMatchObject({ verdict: "failed", seen: "the listing does not show an object that is stored" });
    expect(await storageClock.look(lying, [])).toMatchObject({ verdict: "inconclusive", seen: "the storage does not say what time it is" });
  });

  it("runDoctor() is in doubt about what only the ledger can tell", async () => {
    const report = await world.doctor({ area: "bucket", url: "postgresql://x@127.0.0.1:1/x" });
    expect(troubles(report)).toEqual(["inconclusive bucket/storage_classes", "inconclusive bucket/object_lock"]);
  });
});
