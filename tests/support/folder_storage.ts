import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import type { BackupStorage } from "../../functions/_shared/restore/backup_source.ts";

/** The objects of a bucket as files, for processes that are killed. */
export function folderStorage(dir: string): BackupStorage {
  return {
    prefix: "holdfast",
    getObject: (key) => {
      try {
        return Promise.resolve(new Uint8Array(readFileSync(join(dir, key))));
      } catch {
        return Promise.reject(new HoldfastError("HF204", `Cannot get object "${key}": it does not exist`));
      }
    },
    async *listObjects(prefix) {
      for (const key of (readdirSync(dir, { recursive: true, encoding: "utf8" })).sort()) {
        if (key.startsWith(prefix) && statSync(join(dir, key)).isFile()) yield { key, bytes: statSync(join(dir, key)).size, etag: "", lastModified: new Date(0), storageClass: "STANDARD" };
      }
    },
    putObject: (key, body) => {
      mkdirSync(dirname(join(dir, key)), { recursive: true });
      writeFileSync(join(dir, key), body);
      const sha256 = createHash("sha256").update(body).digest("hex");
      return Promise.resolve({ etag: "", bytes: body.length, sha256, attempts: 1, existed: false, verified: true, versionId: null });
    },
  };
}
