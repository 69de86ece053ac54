import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { S3Error } from "./s3_error.ts";

export interface ObjectLock {
  readonly mode: "GOVERNANCE" | "COMPLIANCE";
  readonly retainUntil: string;
}

/** A copy of an archived object that can be read for a while. */
export interface Thaw {
  readonly readyAt: string;
  readonly expiresAt: string;
}

/** A file below the data directory and how many bytes of the object it holds. */
export interface Segment {
  readonly file: string;
  readonly bytes: number;
}

export interface ObjectVersion {
  readonly key: string;
  /** "null" in buckets that keep no versions. */
  readonly versionId: string;
  readonly isDeleteMarker: boolean;
  readonly bytes: number;
  readonly etag: string;
  readonly lastModified: string;
  /** Headers to give back as they came: content-type, x-amz-meta-*, x-amz-storage-class, … */
  readonly headers: Readonly<Record<string, string>>;
  readonly tagCount: number;
  readonly lock: ObjectLock | null;
  /** The newest one that was asked for, over or not. */
  readonly thaw?: Thaw;
  /** More than one for a multipart upload: its parts are never copied together. */
  readonly segments: readonly Segment[];
}

interface Bucket {
  readonly hasObjectLock: boolean;
  readonly createdAt: string;
  /** Oldest version first. */
  readonly versions: Map<string, ObjectVersion[]>;
  sortedKeys: string[] | null;
}

const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Order of S3 listings. JavaScript compares UTF-16 units, which sorts characters beyond U+FFFF too early. */
export const compareUtf8 = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/**
 * Objects as plain files: bytes in `data/`, one JSON file per version in `meta/<bucket>/`, an index in memory.
 * The rename of the JSON file is the commit, and everything about it is synchronous, so that of two conditional
 * writes one loses. No fsync: the store survives the end of the process, not of the machine.
 */
export class ObjectStore {
  readonly #dir: string;
  readonly #buckets = new Map<string, Bucket>();

  constructor(dir: string) {
    this.#dir = dir;
    for (const name of ["data", "meta", "tmp", "uploads"]) mkdirSync(join(dir, name), { recursive: true });
    for (const name of readdirSync(join(dir, "tmp"))) rmSync(join(dir, "tmp", name));
    for (const name of readdirSync(join(dir, "meta"))) this.#load(name);
  }

  #load(name: string): void {
    const dir = join(this.#dir, "meta", name);
    const settings: { hasObjectLock: boolean; createdAt: string } = JSON.parse(readFileSync(join(dir, "bucket.json"), "utf8"));
    const bucket: Bucket = { ...settings, versions: new Map(), sortedKeys: null };
    const found: ObjectVersion[] = readdirSync(dir)
      .filter((file) => file.endsWith(".v.json"))
      .map((file) => JSON.parse(readFileSync(join(dir, file), "utf8")));
    found.sort((a, b) => (a.versionId < b.versionId ? -1 : 1));
    for (const version of found) bucket.versions.set(version.key, [...(bucket.versions.get(version.key) ?? []), version]);
    this.#buckets.set(name, bucket);
  }

  #bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw new S3Error("NoSuchBucket");
    return bucket;
  }

  #metaFile(bucket: string, version: ObjectVersion): string {
    // Keys are longer and odder than file names may be. One name per key in plain buckets, so that a rename replaces.
    const name = version.versionId === "null" ? createHash("sha256").update(version.key).digest("hex") : version.versionId;
    return join(this.#dir, "meta", bucket, `${name}.v.json`);
  }

  createBucket(name: string, hasObjectLock: boolean): void {
    if (!BUCKET_NAME.test(name) || name.includes("..")) throw new S3Error("InvalidBucketName");
    if (this.#buckets.has(name)) throw new S3Error("BucketAlreadyOwnedByYou");
    const createdAt = new Date().toISOString();
    mkdirSync(join(this.#dir, "meta", name), { recursive: true });
    writeFileSync(join(this.#dir, "meta", name, "bucket.json"), JSON.stringify({ hasObjectLock, createdAt }));
    this.#buckets.set(name, { hasObjectLock, createdAt, versions: new Map(), sortedKeys: null });
  }

  deleteBucket(name: string): void {
    if (this.#bucket(name).versions.size > 0) throw new S3Error("BucketNotEmpty");
    rmSync(join(this.#dir, "meta", name), { recursive: true });
    this.#buckets.delete(name);
  }

  hasBucket(name: string): boolean {
    return this.#buckets.has(name);
  }

  hasObjectLock(name: string): boolean {
    return this.#bucket(name).hasObjectLock;
  }

  /** A new file to write bytes to. It belongs to nothing until commit() moves it, and is removed at the next start. */
  temporaryFile(): string {
    return join(this.#dir, "tmp", randomUUID());
  }

  uploadsDirectory(): string {
    return join(this.#dir, "uploads");
  }

  segmentPath(segment: Segment): string {
    return join(this.#dir, "data", segment.file);
  }

  /** Newest version, or null when there is none or it is a delete marker. */
  current(bucketName: string, key: string): ObjectVersion | null {
    const newest = this.#bucket(bucketName).versions.get(key)?.at(-1);
    return newest === undefined || newest.isDeleteMarker ? null : newest;
  }

  version(bucketName: string, key: string, versionId: string): ObjectVersion {
    const found = this.#bucket(bucketName).versions.get(key)?.find((version) => version.versionId === versionId);
    if (found === undefined) throw new S3Error("NoSuchVersion");
    return found;
  }

  /**
   * Makes the files the newest version of the key, in one synchronous step with the check of `onlyIfAbsent`.
   * @throws {S3Error} NoSuchBucket, PreconditionFailed
   */
  commit(bucketName: string, draft: Omit<ObjectVersion, "versionId" | "isDeleteMarker" | "lastModified" | "segments">, files: readonly { path: string; bytes: number }[], onlyIfAbsent: boolean): ObjectVersion {
    if (onlyIfAbsent && this.current(bucketName, draft.key) !== null) throw new S3Error("PreconditionFailed");
    const segments = files.map(({ path, bytes }): Segment => {
      const file = randomUUID();
      renameSync(path, join(this.#dir, "data", file));
      return { file, bytes };
    });
    return this.#append(bucketName, { ...draft, isDeleteMarker: false, segments });
  }

  #append(bucketName: string, draft: Omit<ObjectVersion, "versionId" | "lastModified">): ObjectVersion {
    const bucket = this.#bucket(bucketName);
    const before = bucket.versions.get(draft.key) ?? [];
    const version: ObjectVersion = { ...draft, versionId: bucket.hasObjectLock ? nextVersionId() : "null", lastModified: new Date().toISOString() };
    this.#write(bucketName, version);
    if (before.length === 0) bucket.sortedKeys = null;
    bucket.versions.set(draft.key, bucket.hasObjectLock ? [...before, version] : [version]);
    if (!bucket.hasObjectLock) for (const old of before) this.#removeData(old);
    return version;
  }

  #write(bucketName: string, version: ObjectVersion): void {
    const temporary = this.temporaryFile();
    writeFileSync(temporary, JSON.stringify(version));
    renameSync(temporary, this.#metaFile(bucketName, version));
  }

  /** Changes what is known about a version; its bytes stay. */
  amend(bucketName: string, version: ObjectVersion, changes: Partial<Pick<ObjectVersion, "lock" | "thaw">>): void {
    const changed = { ...version, ...changes };
    this.#write(bucketName, changed);
    const { versions } = this.#bucket(bucketName);
    versions.set(version.key, (versions.get(version.key) ?? []).map((one) => (one === version ? changed : one)));
  }

  #removeData(version: ObjectVersion): void {
    // An open reader keeps the bytes until it is done.
    for (const segment of version.segments) void rm(this.segmentPath(segment), { force: true });
  }

  /**
   * Removes the object; where versions are kept, hides it behind a delete marker.
   * @returns the id of the delete marker, or null
   */
  hide(bucketName: string, key: string): string | null {
    const bucket = this.#bucket(bucketName);
    if (bucket.hasObjectLock) {
      return this.#append(bucketName, { key, isDeleteMarker: true, bytes: 0, etag: "", headers: {}, tagCount: 0, lock: null, segments: [] }).versionId;
    }
    const version = this.current(bucketName, key);
    if (version !== null) this.#drop(bucketName, version);
    return null;
  }

  /** @throws {S3Error} AccessDenied while a retention holds the version */
  deleteVersion(bucketName: string, key: string, versionId: string, mayBypassGovernance: boolean): void {
    const version = this.#bucket(bucketName).versions.get(key)?.find((one) => one.versionId === versionId);
    if (version === undefined) return;
    const isHeld = version.lock !== null && Date.parse(version.lock.retainUntil) > Date.now();
    if (isHeld && !(version.lock?.mode === "GOVERNANCE" && mayBypassGovernance)) throw new S3Error("AccessDenied", "Object is protected by Object Lock");
    this.#drop(bucketName, version);
  }

  #drop(bucketName: string, version: ObjectVersion): void {
    const bucket = this.#bucket(bucketName);
    rmSync(this.#metaFile(bucketName, version), { force: true });
    const rest = (bucket.versions.get(version.key) ?? []).filter((one) => one !== version);
    if (rest.length > 0) bucket.versions.set(version.key, rest);
    else {
      bucket.versions.delete(version.key);
      bucket.sortedKeys = null;
    }
    this.#removeData(version);
  }

  /** All keys that have a version, in the order of a listing. */
  keys(bucketName: string): readonly string[] {
    const bucket = this.#bucket(bucketName);
    bucket.sortedKeys ??= [...bucket.versions.keys()].sort(compareUtf8);
    return bucket.sortedKeys;
  }
}

let lastVersion = 0n;

/** Sortable by age, also for versions of the same millisecond and across restarts. */
function nextVersionId(): string {
  const now = BigInt(Date.now()) << 16n;
  lastVersion = now > lastVersion ? now : lastVersion + 1n;
  return `${lastVersion.toString(36).padStart(13, "0")}.${randomUUID().slice(0, 8)}`;
}
