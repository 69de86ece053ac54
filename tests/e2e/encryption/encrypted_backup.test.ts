import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AgeIdentities } from "../../../functions/_shared/encryption/age_identities.ts";
import { HoldfastError } from "../../../functions/_shared/errors/holdfast_error.ts";
import { exportBackup } from "../../../functions/_shared/export/export_backup.ts";
import { type Manifest, parseManifest } from "../../../functions/_shared/export/manifest.ts";
import { openBackup } from "../../../functions/_shared/restore/backup_source.ts";
import { readContent } from "../../../functions/_shared/restore/read_object.ts";
import { type RestoreRequest } from "../../../functions/_shared/restore/prepare_restore.ts";
import { restoreBackup } from "../../../functions/_shared/restore/restore_backup.ts";
import { unsealBackup } from "../../../functions/_shared/restore/unseal_backup.ts";
import type { ObjectReader } from "../../../functions/_shared/verify/object_storage.ts";
import { UNLIMITED, verifyBackup } from "../../../functions/_shared/verify/verify_backup.ts";
import { type AgeKey, makeAgeKey } from "../../support/age_keys.ts";
import { createExportWorld, type ExportWorld } from "../../support/export_world.ts";
import { createRestoreTarget } from "../../support/restore_world.ts";

const SECRET = "the-secret-of-row-7";

/** Tables with many chunks, a name to be quoted, every kind of object of the schema that SQL could leak from. */
const SCHEMA = `
  create schema shop;
  create table shop.orders (id bigint generated always as identity primary key, note text not null, unusual_column integer default 4711);
  insert into shop.orders (note) select case g when 7 then '${SECRET}' else repeat(md5(g::text), 40) end from generate_series(1, 3000) g;
  create table shop."Ünïcode tab" (id uuid primary key);
  insert into shop."Ünïcode tab" select gen_random_uuid() from generate_series(1, 5);
  create view shop.dear as select * from shop.orders where note like 'the-view-literal%';
  update backup.settings set included_schemas = '{shop}', chunk_bytes = 524288 where id`;

describe("an encrypted backup", () => {
  let world: ExportWorld;
  let keys: [AgeKey, AgeKey, AgeKey];
  let plainRun: string;
  let oldRun: string;
  let newRun: string;
  const identities = (...files: AgeKey[]) => AgeIdentities.parse(files.map(({ file }, index) => ({ name: `file ${index + 1}`, text: file })));
  const run = async (recipients: readonly AgeKey[]) => (await exportBackup({
    connect: (name) => world.connect(name), s3: world.s3, workers: 2, tier: "daily", recipients: recipients.map(({ recipient }) => recipient) })).runId;

  beforeAll(async () => {
    keys = [await makeAgeKey(), await makeAgeKey(), await makeAgeKey()];
    world = await createExportWorld();
    await world.sql(SCHEMA);
    plainRun = await run([]);
    oldRun = await run([keys[0], keys[1]]);
    newRun = await run([keys[2]]);
  }, 120_000);
  afterAll(() => world.close());

  const objectsOf = async (runId: string) => {
    const prefix = `holdfast/local/runs/${runId}/`;
    const keysOfRun = await world.keys(prefix);
    return new Map(await Promise.all(keysOfRun.map(async (key) => [key.slice(prefix.length), await world.s3.getObject(key)] as const)));
  };
  const request = (from: string, connect: RestoreRequest["connect"], ids: AgeIdentities | null): RestoreRequest => ({
    s3: world.s3, from, connect, identities: ids, tables: [], schemas: [], intoExisting: null,
    options: { dataOnly: false, schemaOnly: false, skipDamaged: false, prove: true, workers: 2 } });

  it("exportBackup() encrypts everything but the manifest, with the hashes of the stored bytes in it", async () => {
    const objects = await objectsOf(oldRun);
    const manifest = parseManifest(objects.get("manifest.json") ?? new Uint8Array());
    expect(manifest.encryption).toEqual({ format: "age", recipients: [keys[0].recipient, keys[1].recipient] });
    const named = [...manifest.objects, ...manifest.tables.flatMap((one) => one.chunks ?? [])];
    expect(named.map(({ key }) => key).concat("manifest.json").sort()).toEqual([...objects.keys()].sort());
    expect(manifest.objects.map(({ content }) => content).sort()).toEqual(["config.json", "globals.json", "roles.sql", "schema.json", "schema.sql", "sequences.json", "tables.json"]);
    for (const { key, sha256, bytes } of named) {
      const stored = objects.get(key) ?? new Uint8Array();
      expect(key).toMatch(/\.gz\.age$/);
      expect(Buffer.from(stored.subarray(0, 22)).toString(), key).toBe("age-encryption.org/v1\n");
      expect([stored.length, createHash("sha256").update(stored).digest("hex")], key).toEqual([bytes, sha256]);
    }
    expect(manifest.totals.objects).toBe(named.length);
    expect(manifest.totals.stored_bytes).toBe(named.reduce((sum, one) => sum + one.bytes, 0));
  });

  it("exportBackup() leaves nothing of rows, columns or SQL to be read in the bucket", async () => {
    const fingerprints = parseManifest((await objectsOf(plainRun)).get("manifest.json") ?? new Uint8Array()).tables.map((one) => one.fingerprint);
    expect(fingerprints.length).toBeGreaterThan(1);
    for (const [name, bytes] of await objectsOf(oldRun)) {
      const text = Buffer.from(bytes).toString("latin1");
      for (const word of [SECRET, "unusual_column", "4711", "the-view-literal", "fingerprint", "hashtextextended", ...fingerprints]) expect(text.includes(word), `${name}: ${word}`).toBe(false);
    }
  });

  it("restoreBackup() restores and proves with the identity of either recipient", async () => {
    const target = await createRestoreTarget();
    try {
      const result = await restoreBackup(request(oldRun, (name) => target.connect(name), await identities(keys[1])));
      expect(result.proof?.verdict, JSON.stringify(result.proof?.findings.filter((one) => one.verdict !== "passed"))).not.toBe("failed");
      expect(await target.sql(`select count(*)::integer as rows, count(*) filter (where note = '${SECRET}')::integer as secrets from shop.orders`)).toEqual([{ rows: 3000, secrets: 1 }]);
      expect(result.proof?.findings.some((one) => one.actual?.startsWith("fingerprint "))).toBe(true);
      // What is stored of the proof tells no fingerprint either.
      const stored = Buffer.from(await world.s3.getObject(result.proofKey ?? "")).toString();
      expect(JSON.parse(stored)).toMatchObject({ verdict: result.proof?.verdict, run_id: oldRun });
      expect(stored).not.toContain("fingerprint ");
    } finally {
      await target.close();
    }
    for (const key of [keys[0], keys[1]]) {
      const backup = await unsealBackup(await openBackup(world.s3, oldRun), await identities(key));
      expect(await readContent(backup, "schema.sql")).toContain("unusual_column");
    }
  }, 60_000);

  it("restoreBackup() writes nothing to the target without an identity, and with a wrong one", async () => {
    const target = await createRestoreTarget();
    const objects = () => target.sql("select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname !~ '^pg_' order by 1, 2");
    try {
      const before = await objects();
      await expect(restoreBackup(request(oldRun, (name) => target.connect(name), null))).rejects.toMatchObject({
        code: "HF701", message: expect.stringContaining(oldRun), detail: expect.stringContaining(keys[0].recipient), hint: expect.stringContaining("--identity") });
      await expect(restoreBackup(request(oldRun, (name) => target.connect(name), await identities(keys[2])))).rejects.toMatchObject({
        code: "HF702", detail: expect.stringContaining(keys[2].recipient) });
      expect(await objects()).toEqual(before);
    } finally {
      await target.close();
    }
  }, 60_000);

  /** The bucket with one bit of one object turned. */
  const damagedAt = (victim: string) => ({ ...world.s3, getObject: async (key: string) => {
    const bytes = await world.s3.getObject(key);
    return key.endsWith(victim) ? bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte)) : bytes;
  } });

  it("verifyBackup() reads encrypted backups back without an identity, and names an object that was damaged", async () => {
    await world.sql("update backup.settings set object_sample_share = 1 where id");
    const check = async (reader: ObjectReader) => {
      const client = await world.connect();
      const { verificationId } = await verifyBackup({ database: client, storage: { state: "ready", reader }, now: () => performance.now() }, "cli", UNLIMITED);
      await client.end();
      return world.sql<{ subject: string; verdict: string; read: number }>(
        "select r.subject, r.verdict::text, (r.evidence ->> 'read')::integer as read from backup.verification_results r where r.verification_id = $1 and r.check_name = 'check_backup_objects'", [verificationId]);
    };
    const good = await check(world.s3);
    expect(good.filter(({ verdict }) => verdict !== "passed")).toEqual([]);
    const objects = await Promise.all([plainRun, oldRun, newRun].map(async (runId) => (await objectsOf(runId)).size));
    expect(Math.max(...good.map(({ read }) => read ?? 0))).toBeGreaterThan((objects[1] ?? 0) + (objects[2] ?? 0));

    const { manifest } = await openBackup(world.s3, newRun);
    const victim = `${newRun}/${manifest.tables.find(({ name }) => name === "orders")?.chunks?.[1]?.key ?? ""}`;
    expect((await check(damagedAt(victim))).filter(({ verdict }) => verdict !== "passed")).toMatchObject([{ verdict: "failed", subject: expect.stringContaining(victim) }]);
  }, 60_000);

  it("restoreBackup() names an object that was damaged", async () => {
    const { manifest } = await openBackup(world.s3, oldRun);
    const victim = manifest.tables.find(({ name }) => name === "orders")?.chunks?.[0]?.key ?? "";
    const target = await createRestoreTarget();
    try {
      await expect(restoreBackup({ ...request(oldRun, (name) => target.connect(name), await identities(keys[0])), s3: damagedAt(victim) })).rejects.toMatchObject({
        code: "HF501", message: expect.stringContaining(victim) });
    } finally {
      await target.close();
    }
  }, 60_000);

  it("unsealBackup() opens backups from before a rotation with the old identity, later ones with the new", async () => {
    const opens = async (runId: string, key: AgeKey): Promise<string> => {
      try {
        return await readContent(await unsealBackup(await openBackup(world.s3, runId), await identities(key)), "schema.sql");
      } catch (error) {
        return error instanceof HoldfastError ? error.code : String(error);
      }
    };
    for (const text of [await opens(oldRun, keys[0]), await opens(newRun, keys[2])]) expect(text).toContain("unusual_column");
    expect([await opens(oldRun, keys[2]), await opens(newRun, keys[0])]).toEqual(["HF702", "HF702"]);
    const both = await identities(keys[0], keys[2]);
    for (const runId of [oldRun, newRun, plainRun]) {
      expect(await readContent(await unsealBackup(await openBackup(world.s3, runId), both), "schema.sql")).toContain("unusual_column");
    }
  });

  it("unsealBackup() gives the manifest that the same backup has without encryption", async () => {
    const open = async (runId: string): Promise<Manifest> => (await unsealBackup(await openBackup(world.s3, runId), await identities(keys[2]))).manifest;
    const outline = ({ tables }: Manifest) => tables.map(({ schema, name, columns, rows, fingerprint, fingerprint_expression, raw_bytes }) => ({ schema, name, columns, rows, fingerprint, fingerprint_expression, raw_bytes }));
    expect(outline(await open(newRun))).toEqual(outline(await open(plainRun)));
  });
});
