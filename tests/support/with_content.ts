import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Manifest } from "../../functions/_shared/export/manifest.ts";
import type { Backup } from "../../functions/_shared/restore/backup_source.ts";
import { MemoryStorage } from "./restore_world.ts";

/** A backup that has these documents and no rows, of a database called `source`. */
export function withContent(documents: Record<string, unknown>): Backup & { s3: MemoryStorage } {
  const s3 = new MemoryStorage();
  const objects = Object.entries(documents).map(([content, value]) => {
    const bytes = new Uint8Array(gzipSync(JSON.stringify(value)));
    s3.objects.set(`p/${content}`, bytes);
    return { content, key: content, sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length };
  });
  const manifest: Manifest = {
    format: "holdfast-backup", format_version: 1, tool: { name: "holdfast", version: "0" }, project: "test", run_id: "20261123T205500Z-a1b2c3",
    tier: "daily", engine: "cli", snapshot: { id: "", at: "2026-11-23T20:55:00Z", lsn: "0/0", xids: "" },
    server: { version: "15", version_num: 150_000, database: "source", settings: {} }, encryption: null, objects, tables: [], excluded: [], warnings: [],
    totals: { tables: 0, rows: 0, objects: objects.length, raw_bytes: 0, stored_bytes: 0 }, finished_at: "2026-11-23T20:56:00Z",
  };
  return { s3, prefix: "p/", manifest, manifestSha256: "0".repeat(64) };
}
