import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ObjectLock, ObjectStore, ObjectVersion } from "./object_store.ts";
import type { ReceivedBody } from "./receive_body.ts";
import { S3Error } from "./s3_error.ts";

const MIN_PART_BYTES = 5 << 20;

export interface UploadStart {
  readonly bucket: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tagCount: number;
  readonly lock: ObjectLock | null;
}

interface Part {
  readonly number: number;
  readonly etag: string;
  readonly bytes: number;
  readonly lastModified: string;
}

/** Uploads in parts: one directory each, with the parts as they came. The object takes over their files without a copy. */
export class MultipartUploads {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  #dir(uploadId: string): string {
    return join(this.#store.uploadsDirectory(), uploadId);
  }

  create(start: UploadStart): string {
    if (!this.#store.hasBucket(start.bucket)) throw new S3Error("NoSuchBucket");
    const uploadId = randomUUID();
    mkdirSync(this.#dir(uploadId));
    writeFileSync(join(this.#dir(uploadId), "upload.json"), JSON.stringify(start));
    return uploadId;
  }

  /** @throws {S3Error} NoSuchUpload, also for an upload of another key */
  find(uploadId: string, bucket: string, key: string): UploadStart {
    const file = join(this.#dir(uploadId), "upload.json");
    if (!/^[0-9a-f-]{36}$/.test(uploadId) || !existsSync(file)) throw new S3Error("NoSuchUpload");
    const start: UploadStart = JSON.parse(readFileSync(file, "utf8"));
    if (start.bucket !== bucket || start.key !== key) throw new S3Error("NoSuchUpload");
    return start;
  }

  addPart(uploadId: string, number: number, body: ReceivedBody): string {
    const etag = body.md5.toString("hex");
    const part: Part = { number, etag, bytes: body.bytes, lastModified: new Date().toISOString() };
    // Abort may have come while the part was on its way.
    if (!existsSync(this.#dir(uploadId))) throw new S3Error("NoSuchUpload");
    renameSync(body.path, join(this.#dir(uploadId), `${number}.part`));
    writeFileSync(join(this.#dir(uploadId), `${number}.json`), JSON.stringify(part));
    return etag;
  }

  parts(uploadId: string): Part[] {
    return readdirSync(this.#dir(uploadId))
      .filter((name) => /^\d+\.json$/.test(name))
      .map((name): Part => JSON.parse(readFileSync(join(this.#dir(uploadId), name), "utf8")))
      .sort((a, b) => a.number - b.number);
  }

  /** @throws {S3Error} InvalidPart, InvalidPartOrder, EntityTooSmall, PreconditionFailed */
  complete(uploadId: string, start: UploadStart, wanted: readonly { number: number; etag: string }[], onlyIfAbsent: boolean): ObjectVersion {
    const known = new Map(this.parts(uploadId).map((part) => [part.number, part]));
    const chosen = wanted.map(({ number, etag }, at): Part => {
      const part = known.get(number);
      if (part === undefined || part.etag !== etag) throw new S3Error("InvalidPart");
      if (at > 0 && number <= (wanted[at - 1]?.number ?? 0)) throw new S3Error("InvalidPartOrder");
      if (at < wanted.length - 1 && part.bytes < MIN_PART_BYTES) throw new S3Error("EntityTooSmall");
      return part;
    });
    const hash = createHash("md5");
    for (const part of chosen) hash.update(Buffer.from(part.etag, "hex"));
    const draft = {
      key: start.key,
      headers: start.headers,
      tagCount: start.tagCount,
      lock: start.lock,
      bytes: chosen.reduce((sum, part) => sum + part.bytes, 0),
      etag: `${hash.digest("hex")}-${chosen.length}`,
    };
    const files = chosen.map((part) => ({ path: join(this.#dir(uploadId), `${part.number}.part`), bytes: part.bytes }));
    const version = this.#store.commit(start.bucket, draft, files, onlyIfAbsent);
    this.abort(uploadId);
    return version;
  }

  abort(uploadId: string): void {
    rmSync(this.#dir(uploadId), { recursive: true, force: true });
  }
}
