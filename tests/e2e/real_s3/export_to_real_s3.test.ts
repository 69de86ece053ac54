import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { CreateBucketCommand, DeleteBucketCommand, DeleteObjectCommand, GetObjectCommand, paginateListObjectsV2, PutObjectCommand, S3Client as AwsSdkClient } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../functions/_shared/database/connect.ts";
import { exportBackup, type ExportBackupResult } from "../../../functions/_shared/export/export_backup.ts";
import { type Manifest, parseManifest } from "../../../functions/_shared/export/manifest.ts";
import { openBackup } from "../../../functions/_shared/restore/backup_source.ts";
import { findFrozen } from "../../../functions/_shared/restore/find_frozen.ts";
import { listArchived } from "../../../functions/_shared/restore/list_archived.ts";
import { createS3Client, type S3Client } from "../../../functions/_shared/s3/s3_client.ts";
import { checkBackupObjects } from "../../../functions/_shared/verify/check_backup_objects.ts";
import { readRestorePointObjects } from "../../../functions/_shared/verify/restore_point_objects.ts";
import { startVerification } from "../../../functions/_shared/verify/verify_backup.ts";
import { startS3 } from "../../../stack/s3/start_s3.ts";
import { targets } from "../../stack/s3/contract_target.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { fixtureSql } from "../../support/export_world.ts";
import { queryRows } from "../../support/query_rows.ts";

interface Server {
  endpoint: string;
  accessKeyId: string;
  secretAccessKey: string;
  stop(): Promise<void>;
}

/** The server that HOLDFAST_TEST_S3_ENDPOINT names, else the stand-in: this test always runs. */
async function openServer(): Promise<Server> {
  const endpoint = process.env["HOLDFAST_TEST_S3_ENDPOINT"];
  if (endpoint !== undefined) {
    return {
      endpoint, accessKeyId: process.env["HOLDFAST_TEST_S3_ACCESS_KEY_ID"] ?? "",
      secretAccessKey: process.env["HOLDFAST_TEST_S3_SECRET_ACCESS_KEY"] ?? "", stop: async () => undefined,
    };
  }
  const dir = mkdtempSync(join(tmpdir(), "holdfast-real-s3-"));
  const server = await startS3({ dir });
  return {
    endpoint: server.endpoint, accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey,
    stop: async () => {
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
/** "12.34" as 1234n: sums of money in floating point would be equal by luck. */
const cents = (amount: string): bigint => BigInt(amount.replace(".", ""));

describe("exportBackup() to an S3 server", () => {
  const bucket = `export-${randomBytes(6).toString("hex")}`;
  let database: TestDatabase;
  let server: Server;
  let aws: AwsSdkClient;
  let ours: S3Client;
  let result: ExportBackupResult;
  let folder: string;
  let manifest: Manifest;

  beforeAll(async () => {
    [database, server] = await Promise.all([createTestDatabase({ migrated: true }), openServer()]);
    const { endpoint, accessKeyId, secretAccessKey } = server;
    const region = "us-east-1";
    aws = new AwsSdkClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey }, forcePathStyle: true, requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED" });
    await aws.send(new CreateBucketCommand({ Bucket: bucket }));
    ours = createS3Client({ endpoint, region, bucket, accessKeyId, secretAccessKey, sessionToken: undefined, prefix: "holdfast", pathStyle: true });

    await queryRows(database.url, fixtureSql("accounts.sql"));
    await queryRows(database.url, "update backup.settings set chunk_bytes = 524288, object_sample_share = 1 where id");
    // Money moves while the export runs, so that a backup of two points in time would not add up.
    let moving: Promise<unknown> = Promise.resolve();
    result = await exportBackup({
      connect: (applicationName) => connect(database.url, { applicationName }), s3: ours, workers: 2, tier: "weekly",
      onStarted: () => { moving = queryRows(database.url, "select bank.transfer_at_random(1000)"); },
    });
    await moving;
    folder = result.manifestKey.slice(0, -"manifest.json".length);
    manifest = parseManifest(await get("manifest.json"));
  }, 120_000);

  afterAll(async () => {
    for (const key of await keys("")) await aws.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    await aws.send(new DeleteBucketCommand({ Bucket: bucket }));
    aws.destroy();
    await server.stop();
    await database.drop();
  });

  async function keys(prefix: string): Promise<string[]> {
    const found: string[] = [];
    for await (const page of paginateListObjectsV2({ client: aws }, { Bucket: bucket, Prefix: prefix })) {
      found.push(...(page.Contents ?? []).map((one) => one.Key ?? ""));
    }
    return found;
  }

  /** Bytes of an object of the run, by its key in the manifest. */
  async function get(key: string): Promise<Uint8Array> {
    const { Body } = await aws.send(new GetObjectCommand({ Bucket: bucket, Key: folder + key }));
    if (Body === undefined) throw new Error(`${key} has no body`);
    return await Body.transformToByteArray();
  }

  const stored = () => [...manifest.objects, ...manifest.tables.flatMap((table) => table.chunks ?? [])];

  /** Rows of a table as COPY text, split into columns. */
  async function rowsOf(schema: string, name: string): Promise<string[][]> {
    const table = manifest.tables.find((one) => one.schema === schema && one.name === name);
    const texts: string[] = [];
    for (const chunk of table?.chunks ?? []) texts.push(gunzipSync(await get(chunk.key)).toString("utf8"));
    return texts.join("").split("\n").slice(0, -1).map((line) => line.split("\t"));
  }

  it("exportBackup() stores exactly what the manifest names, with the hashes and sizes it names", async () => {
    expect((await keys("")).sort()).toEqual(["manifest.json", ...stored().map(({ key }) => key)].map((key) => folder + key).sort());
    expect(stored().length).toBeGreaterThan(20);
    for (const { key, sha256: expected, bytes } of stored()) {
      const body = await get(key);
      expect({ key, bytes: body.byteLength, sha256: sha256(body) }).toEqual({ key, bytes, sha256: expected });
    }
    const [run] = await queryRows(database.url, "select r.manifest_sha256 from backup.runs r where r.run_id = $1", [result.runId]);
    expect(sha256(await get("manifest.json"))).toBe(run?.["manifest_sha256"]);
  }, 60_000);

  it("exportBackup() stores every row of one point in time", async () => {
    for (const { schema, name, rows } of manifest.tables) expect({ schema, name, rows: (await rowsOf(schema, name)).length }).toEqual({ schema, name, rows });
    let total = 0n;
    for (const name of ["checking", "savings"]) {
      const accounts = await rowsOf("bank", name);
      expect(new Set(accounts.map(([id]) => id)).size).toBe(10_000);
      total += accounts.reduce((sum, [, balance = ""]) => sum + cents(balance), 0n);
    }
    expect(total).toBe(cents("20000000.00"));
    expect(manifest.totals.rows).toBe(result.rows);
  }, 60_000);

  it("checkBackupObjects() passes on what was stored, and names an object that was altered", async () => {
    const client = await connect(database.url, { applicationName: "holdfast test" });
    const point = await readRestorePointObjects(client, await startVerification(client, "cli")).finally(() => client.end());
    expect(point?.objects).toHaveLength(stored().length);
    const check = () => checkBackupObjects({ state: "ready", reader: ours }, point, { maxBytes: Number.POSITIVE_INFINITY });
    expect((await check()).map(({ verdict }) => verdict)).toEqual(["passed", "passed", "passed"]);

    const victim = manifest.tables.find((one) => one.name === "savings")?.chunks?.[0];
    if (victim === undefined) throw new Error("bank.savings has no chunk");
    const altered = await get(victim.key);
    altered.set([(altered.at(-1) ?? 0) ^ 1], altered.byteLength - 1);
    await aws.send(new PutObjectCommand({ Bucket: bucket, Key: folder + victim.key, Body: altered }));
    expect((await check()).filter(({ verdict }) => verdict === "failed").map(({ subject }) => subject)).toEqual([folder + victim.key]);
  }, 60_000);

  it("findFrozen() finds rows in GLACIER where this server has an archive, and none where it keeps the class readable; the ledger knows", async () => {
    const isArchive = targets.at(-1)?.traits.archivedGet === "InvalidObjectState";
    await queryRows(database.url, "update backup.policies set storage_class = 'GLACIER' where tier = 'daily'");
    const { runId } = await exportBackup({ connect: (applicationName) => connect(database.url, { applicationName }), s3: ours, workers: 2, tier: "daily" });
    const backup = await openBackup(ours, runId);
    const rows = backup.manifest.tables.flatMap((table) => table.chunks ?? []).map(({ key }) => backup.prefix + key);
    expect((await listArchived(ours, backup.prefix)).map(({ key }) => key).sort()).toEqual([...rows].sort());
    expect((await findFrozen(backup, backup.manifest.tables)).map(({ key }) => key).sort()).toEqual(isArchive ? [...rows].sort() : []);
    expect(await queryRows(database.url, "select r.archived from backup.runs r where r.run_id = $1", [runId])).toEqual([{ archived: isArchive }]);
  }, 60_000);
});
