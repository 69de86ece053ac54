import { gzipSync } from "node:zlib";
import { encryptBytes } from "../../functions/_shared/encryption/encrypt_bytes.ts";
import type { Manifest } from "../../functions/_shared/export/manifest.ts";
import type { Backup } from "../../functions/_shared/restore/backup_source.ts";
import { sha256Hex } from "../../functions/_shared/s3/sha256_hex.ts";
import type { AgeKey } from "./age_keys.ts";
import { manifestOf, memoryBackup, type MemoryStorage, memoryStorage } from "./memory_backup.ts";

export const ROWS = "1\tone\n2\ttwo\n";

export interface SealedBackup {
  storage: MemoryStorage;
  backup: Backup;
  /** Puts an object that the manifest names, encrypted unless the bytes are. */
  put(key: string, bytes: Uint8Array): Promise<{ key: string; sha256: string; bytes: number }>;
}

/** An encrypted backup in memory: a schema, one table with two rows in one chunk, and the details of that table. */
export async function sealedBackup(recipients: readonly AgeKey[], change: { rows?: Uint8Array } = {}): Promise<SealedBackup> {
  const storage = memoryStorage();
  const prefix = "holdfast/clinic/runs/20261123T205500Z-a1b2c3/";
  const put = async (key: string, bytes: Uint8Array) => {
    const stored = new Uint8Array(bytes);
    storage.objects.set(prefix + key, stored);
    return { key, sha256: await sha256Hex(stored), bytes: stored.length };
  };
  const seal = (text: string) => encryptBytes(gzipSync(text), recipients.map(({ recipient }) => recipient));
  const details = [{ schema: "public", name: "a", columns: ["id", "name"], fingerprint: "0123456789abcdef", fingerprint_expression: "1" }];
  const chunk = await put("data/public.a/000003.copy.gz.age", change.rows ?? await seal(ROWS));
  const manifest: Manifest = manifestOf({
    encryption: { format: "age", recipients: recipients.map(({ recipient }) => recipient) },
    objects: [
      { content: "schema.json", ...await put("schema.json.gz.age", await seal("{}")) },
      { content: "tables.json", ...await put("tables.json.gz.age", await seal(JSON.stringify(details))) },
    ],
    tables: [{ schema: "public", name: "a", columns: [], rows: 2, fingerprint: "", fingerprint_expression: "", raw_bytes: ROWS.length, stored_bytes: chunk.bytes,
      chunks: [{ ...chunk, raw_bytes: ROWS.length, rows: 2, first_tid: "(0,0)", end_tid: null }] }],
  });
  return { storage, backup: memoryBackup(storage, manifest), put };
}
