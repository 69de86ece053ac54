import { gzipSync } from "node:zlib";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import type { Manifest } from "../../functions/_shared/export/manifest.ts";
import type { Backup, BackupStorage } from "../../functions/_shared/restore/backup_source.ts";
import { sha256Hex } from "../../functions/_shared/s3/sha256_hex.ts";

/** A bucket in memory. Objects can be changed through the map, behind the back of every reader. */
export interface MemoryStorage extends BackupStorage {
  objects: Map<string, Uint8Array<ArrayBuffer>>;
}

export function memoryStorage(prefix = "holdfast"): MemoryStorage {
  const objects = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    prefix, objects,
    getObject: (key, { maxBytes = Infinity } = {}) => {
      const bytes = objects.get(key);
      if (bytes === undefined) return Promise.reject(new HoldfastError("HF204", `Cannot get object "${key}": it does not exist`));
      return bytes.length > maxBytes ? Promise.reject(new HoldfastError("HF209", `Cannot get object "${key}": it is longer than expected`)) : Promise.resolve(bytes);
    },
    async *listObjects(below) {
      for (const key of [...objects.keys()].sort()) {
        if (key.startsWith(below)) yield { key, bytes: objects.get(key)?.length ?? 0, lastModified: new Date(0), etag: "", storageClass: "STANDARD" };
      }
    },
    putObject: async (key, body) => {
      objects.set(key, new Uint8Array(body));
      return { key, bytes: body.length, sha256: await sha256Hex(new Uint8Array(body)), etag: "", versionId: null, existed: false } as unknown as Awaited<ReturnType<BackupStorage["putObject"]>>;
    },
  };
}

export const text = (value: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(value));

/** A gzipped object as a manifest names it, stored below the prefix of a run. */
export async function store(storage: MemoryStorage, prefix: string, key: string, content: string): Promise<{ content: string; key: string; sha256: string; bytes: number }> {
  const bytes = new Uint8Array(gzipSync(content));
  storage.objects.set(prefix + key, bytes);
  return { content: key.replace(/\.gz$/, ""), key, sha256: await sha256Hex(bytes), bytes: bytes.length };
}

export function manifestOf(change: Partial<Manifest> = {}): Manifest {
  return {
    format: "holdfast-backup", format_version: 1, tool: { name: "holdfast", version: "0.1.0" }, project: "clinic", run_id: "20261123T205500Z-a1b2c3",
    tier: "daily", engine: "cli", snapshot: { id: "1-1-1", at: "2026-11-23T20:55:00+00:00", lsn: "0/1", xids: "1:1:" },
    server: { version: "17.0", version_num: 170_000, database: "postgres", settings: { server_encoding: "UTF8" } },
    encryption: null, objects: [], tables: [], excluded: [], warnings: [], totals: { tables: 0, rows: 0, objects: 0, raw_bytes: 0, stored_bytes: 0 },
    finished_at: "2026-11-23T20:56:00+00:00", ...change,
  };
}

/** Stores a manifest and returns the key it lies under. */
export function storeManifest(storage: MemoryStorage, manifest: Manifest): string {
  const key = `${storage.prefix}/${manifest.project}/runs/${manifest.run_id}/manifest.json`;
  storage.objects.set(key, text(JSON.stringify(manifest)));
  return key;
}

/** An opened backup of this manifest. */
export function memoryBackup(storage: MemoryStorage, manifest: Manifest): Backup {
  return { s3: storage, prefix: `${storage.prefix}/${manifest.project}/runs/${manifest.run_id}/`, manifest, manifestSha256: "0".repeat(64) };
}
