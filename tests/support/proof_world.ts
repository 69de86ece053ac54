import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { inject } from "vitest";
import { connect } from "../../functions/_shared/database/connect.ts";
import { exportBackup } from "../../functions/_shared/export/export_backup.ts";
import { type Manifest, parseManifest } from "../../functions/_shared/export/manifest.ts";
import type { Proof } from "../../functions/_shared/prove/proof.ts";
import type { ProveRestoreContext } from "../../functions/_shared/prove/prove_restore.ts";
import { proveRestore } from "../../functions/_shared/prove/prove_restore.ts";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import { type Backup, type BackupStorage, openBackup } from "../../functions/_shared/restore/backup_source.ts";
import { inspectTarget } from "../../functions/_shared/restore/target.ts";
import { databaseSettingsSql } from "../../stack/postgres/server_settings.ts";
import { REPO_ROOT } from "../../stack/repo_root.ts";
import { createExportWorld, type ExportWorld } from "./export_world.ts";

export const DAMAGES = join(REPO_ROOT, "tests", "fixtures", "damages");

/** A database that is a perfect restore, since it is a copy of the source. */
export interface Copy {
  url: string;
  adminUrl: string;
  drop(): Promise<void>;
}

/** A source, two backups of it, and as many restored databases as a test wants to damage. */
export interface ProofWorld {
  source: ExportWorld;
  /** Objects of the bucket, in memory, so that a test can damage some of them for itself. */
  objects: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  runIds: string[];
  copy(): Promise<Copy>;
  close(): Promise<void>;
}

export async function createProofWorld(sourceSql = readFileSync(join(DAMAGES, "source.sql"), "utf8")): Promise<ProofWorld> {
  const source = await createExportWorld();
  await source.sql(`set search_path = "$user", public, extensions; ${sourceSql}; set search_path = ''`);
  const runIds: string[] = [];
  const run = async () => runIds.push((await exportBackup({ connect: (name) => connect(source.database.url, { applicationName: name }), s3: source.s3, workers: 1, tier: "daily" })).runId);
  await run();
  await source.sql("update shop.events set kind = 'later' where happened_at = '2026-01-01 00:06:00+00'");
  await run();
  await source.sql("update shop.events set kind = 'kind 1' where happened_at = '2026-01-01 00:06:00+00'");
  const objects = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const key of await source.keys()) objects.set(key, await source.s3.getObject(key));
  // A template must have no session in it.
  const template = await copyOf(source.database.name, true);
  return {
    source, objects, runIds,
    copy: () => copyOf(template.name, false),
    close: async () => {
      await template.drop();
      await source.close();
    },
  };
}

async function copyOf(template: string, alone: boolean): Promise<Copy & { name: string }> {
  const cluster = inject("holdfastCluster");
  const urlOf = (role: string, database: string) => `postgresql://${role}:${cluster.password}@${cluster.host}:${cluster.port}/${database}`;
  const asAdmin = async (sql: string[]) => {
    const admin = new pg.Client({ connectionString: urlOf(cluster.adminRole, "postgres") });
    await admin.connect();
    for (const one of sql) await admin.query(one);
    await admin.end();
  };
  const name = `proof_${process.pid}_${randomBytes(4).toString("hex")}`;
  const others = `select pg_terminate_backend(a.pid) from pg_stat_activity a where a.datname = '${template}'`;
  await asAdmin([...(alone ? [others] : []), `create database ${name} template ${template} strategy file_copy`, databaseSettingsSql(name)]);
  return { name, url: urlOf("postgres", name), adminUrl: urlOf(cluster.adminRole, name), drop: () => asAdmin([`drop database if exists ${name} with (force)`]) };
}

/** A bucket that answers from memory. */
export function memoryStorage(objects: ReadonlyMap<string, Uint8Array<ArrayBuffer>>, source: Pick<BackupStorage, "prefix">): BackupStorage & { objects: Map<string, Uint8Array<ArrayBuffer>> } {
  const held = new Map(objects);
  return {
    prefix: source.prefix, objects: held,
    getObject: (key) => {
      const found = held.get(key);
      return found === undefined ? Promise.reject(missing(key)) : Promise.resolve(found);
    },
    listObjects: async function* (below = "") {
      for (const [key, bytes] of [...held].sort()) if (key.startsWith(below)) yield await Promise.resolve({ key, bytes: bytes.byteLength, etag: "", lastModified: new Date(0), storageClass: "STANDARD" });
    },
    putObject: (key, body) => {
      if (held.has(key)) return Promise.reject(new Error(`${key} exists`));
      held.set(key, body as Uint8Array<ArrayBuffer>);
      return Promise.resolve({ etag: "", bytes: body.byteLength, sha256: "", attempts: 1, existed: false, verified: true, versionId: null });
    },
  };
}

function missing(key: string): HoldfastError {
  return new HoldfastError("HF204", `Object "${key}" does not exist`);
}

/** Proves one copy against a backup, as a restore with nothing left out would. */
export async function prove(copy: Pick<Copy, "url">, backup: Backup, change: Partial<ProveRestoreContext> = {}): Promise<Proof> {
  const client = await connect(copy.url, { applicationName: "holdfast test" });
  try {
    return await proveRestore({
      backup, client, connect: (name) => connect(copy.url, { applicationName: name }), target: await inspectTarget(client),
      options: { only: null, dataOnly: false, schemaOnly: false, workers: 2 }, tables: backup.manifest.tables, leftOut: [], onProgress: () => undefined, ...change,
    });
  } finally {
    await client.end();
  }
}

/** What a damage to objects is done with. Keys are complete; the first run is the one that is proven. */
export interface ObjectDamage {
  objects: Map<string, Uint8Array<ArrayBuffer>>;
  /** Key of the only chunk of a table. */
  chunk(schema: string, table: string, run?: number): string;
  /** Key of the object with this content. */
  objectOf(content: string): string;
  editManifest(edit: (manifest: Manifest) => void): void;
}

export type DamageObjects = (damage: ObjectDamage) => void;

/** The bucket of a world after a damage was done to it. */
export function damagedStorage(world: ProofWorld, damage: DamageObjects): BackupStorage {
  const storage = memoryStorage(world.objects, world.source.s3);
  const { objects } = storage;
  const manifestKeys = world.runIds.map((runId) => [...objects.keys()].find((key) => key.endsWith(`/${runId}/manifest.json`)) ?? "");
  const read = (run: number) => {
    const key = manifestKeys[run] ?? "";
    return { manifest: parseManifest(objects.get(key) ?? new Uint8Array()), prefix: key.slice(0, -"manifest.json".length), key };
  };
  damage({
    objects,
    chunk: (schema, table, run = 0) => {
      const { manifest, prefix } = read(run);
      return prefix + (manifest.tables.find((one) => one.schema === schema && one.name === table)?.chunks?.[0]?.key ?? "");
    },
    objectOf: (content) => {
      const { manifest, prefix } = read(0);
      return prefix + (manifest.objects.find((one) => one.content === content)?.key ?? "");
    },
    editManifest: (edit) => {
      const { manifest, key } = read(0);
      edit(manifest);
      objects.set(key, new TextEncoder().encode(JSON.stringify(manifest)));
    },
  });
  return storage;
}

/** The backup of a run as a storage holds it. */
export function openRunOf(world: ProofWorld, storage: BackupStorage, run = 0): Promise<Backup> {
  return openBackup(storage, world.runIds[run] ?? "");
}
