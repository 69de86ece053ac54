import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AgeIdentities } from "../../../functions/_shared/encryption/age_identities.ts";
import { decryptBytes } from "../../../functions/_shared/encryption/decrypt_bytes.ts";
import { exportBackup } from "../../../functions/_shared/export/export_backup.ts";
import type { Manifest } from "../../../functions/_shared/export/manifest.ts";
import { openBackup } from "../../../functions/_shared/restore/backup_source.ts";
import { prepareChunk } from "../../../functions/_shared/restore/load_chunk.ts";
import { unsealBackup } from "../../../functions/_shared/restore/unseal_backup.ts";
import { type AgeKey, makeAgeKey } from "../../support/age_keys.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { createExportWorld, type ExportWorld } from "../../support/export_world.ts";
import { pathWithAge } from "../../support/find_age.ts";
import { pathWithPsql } from "../../support/find_psql.ts";
import { printedScripts } from "../../support/printed_scripts.ts";
import { queryRows } from "../../support/query_rows.ts";
import { ROWS, sealedBackup } from "../../support/sealed_backup.ts";

const SCHEMA = `create table shop.orders (id bigint primary key, note text not null); create table shop."Ünïcode tab" (id integer)`;

describe("age", () => {
  let world: ExportWorld;
  let target: TestDatabase;
  let keys: [AgeKey, AgeKey];
  let manifest: Manifest;
  let identities: AgeIdentities;
  let path: string;
  const dir = mkdtempSync(join(tmpdir(), "holdfast-age-"));
  const run = async (command: string, args: readonly string[], env: Record<string, string> = {}) =>
    promisify(execFile)(command, args, { cwd: dir, env: { ...process.env, PATH: path, ...env }, encoding: "buffer", maxBuffer: 64 * 1024 * 1024 });

  beforeAll(async () => {
    path = await pathWithAge(await pathWithPsql());
    keys = [await makeAgeKey(), await makeAgeKey()];
    identities = await AgeIdentities.parse([{ name: "a", text: keys[0].file }]);
    keys.forEach((key, at) => writeFileSync(join(dir, `identity${at}.txt`), key.file));
    target = await createTestDatabase();
    await queryRows(target.url, `create schema shop; ${SCHEMA}`);
    world = await createExportWorld();
    await world.sql(`create schema shop; ${SCHEMA}; insert into shop.orders select g, (select string_agg(md5(g::text || n), '') from generate_series(1, 20) n) from generate_series(1, 3000) g; insert into shop."Ünïcode tab" values (1), (2);
      update backup.settings set included_schemas = '{shop}', chunk_bytes = 524288 where id`);
    const { runId } = await exportBackup({ connect: (name) => world.connect(name), s3: world.s3, workers: 1, tier: "daily", recipients: keys.map(({ recipient }) => recipient) });
    const backup = await unsealBackup(await openBackup(world.s3, runId), identities);
    manifest = backup.manifest;
    for (const key of await world.keys(backup.prefix)) {
      const file = join(dir, key.slice(backup.prefix.length));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, await world.s3.getObject(key));
    }
    for (const [name, script] of printedScripts()) writeFileSync(join(dir, name), script);
  }, 120_000);
  afterAll(async () => {
    rmSync(dir, { recursive: true, force: true });
    await target.drop();
    await world.close();
  });

  it("age -d opens an object by itself, with the identity of either recipient", async () => {
    const chunks = manifest.tables.find(({ name }) => name === "orders")?.chunks ?? [];
    // Pieces of the format are 64 KiB; the rows have to span several.
    const chunk = chunks.reduce((largest, one) => (one.bytes > largest.bytes ? one : largest));
    expect(chunk.bytes).toBeGreaterThan(64 * 1024);
    for (const identity of ["identity0.txt", "identity1.txt"]) {
      const { stdout } = await run("age", ["-d", "-i", identity, chunk.key]);
      const text = gunzipSync(stdout).toString();
      expect([text.length, text.split("\n").length - 1]).toEqual([chunk.raw_bytes, chunk.rows]);
    }
    writeFileSync(join(dir, "other.txt"), (await makeAgeKey()).file);
    await expect(run("age", ["-d", "-i", "other.txt", chunk.key])).rejects.toThrow();
  });

  it("age encrypts to our recipients what decryptBytes() and prepareChunk() open", async () => {
    const encrypt = async (bytes: Uint8Array): Promise<Uint8Array> => {
      writeFileSync(join(dir, "plain"), bytes);
      await run("age", [...keys.flatMap(({ recipient }) => ["-r", recipient]), "-o", "sealed.age", "plain"]);
      const sealed = readFileSync(join(dir, "sealed.age"));
      rmSync(join(dir, "sealed.age"));
      return sealed;
    };
    for (const size of [0, 1, 65_535, 65_536, 65_537, 200_000]) {
      const bytes = Uint8Array.from({ length: size }, (_, at) => (at * 7) & 255);
      expect(Buffer.compare(await decryptBytes(await encrypt(bytes), identities, "x"), bytes), String(size)).toBe(0);
    }
    const { backup } = await sealedBackup([keys[0]], { rows: await encrypt(gzipSync(ROWS)) });
    const opened = await unsealBackup(backup, identities);
    const [table] = opened.manifest.tables;
    const [chunk] = table?.chunks ?? [];
    if (table === undefined || chunk === undefined) throw new Error("There is no chunk");
    expect(Buffer.from((await prepareChunk(opened, table, chunk, { columns: table.columns, places: null })).text).toString()).toBe(ROWS);
  });

  it("docs/format.md decrypts the folder with age, and restores from it with gunzip and psql", async () => {
    const env = { DATABASE_URL: target.url };
    expect((await run("sh", ["check_objects.sh"], env)).stdout.toString()).toBe("");
    await run("sh", ["decrypt_folder.sh"], { ...env, identity: "identity1.txt" });
    for (const { schema, name, rows, fingerprint } of manifest.tables) {
      const { stdout } = await run("sh", ["restore_table.sh"], { ...env, schema, table: name });
      expect(stdout.toString()).toContain(`${rows} rows, fingerprint ${fingerprint}`);
    }
    expect(await queryRows(target.url, "select count(*)::integer as rows from shop.orders")).toEqual([{ rows: 3000 }]);
  }, 120_000);
});
