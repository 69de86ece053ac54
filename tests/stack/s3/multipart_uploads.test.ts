import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MultipartUploads } from "../../../stack/s3/multipart_uploads.ts";
import { ObjectStore } from "../../../stack/s3/object_store.ts";

let dir: string;
let store: ObjectStore;
let uploads: MultipartUploads;
const START = { bucket: "bucket", key: "k", headers: {}, tagCount: 0, lock: null };
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "holdfast-multi-"));
  store = new ObjectStore(dir);
  store.createBucket("bucket", false);
  uploads = new MultipartUploads(store);
});
afterEach(() => rmSync(dir, { recursive: true }));

function add(uploadId: string, number: number, bytes: number): { number: number; etag: string } {
  const body = Buffer.alloc(bytes, number);
  const path = store.temporaryFile();
  writeFileSync(path, body);
  return { number, etag: uploads.addPart(uploadId, number, { path, bytes, md5: createHash("md5").update(body).digest() }) };
}

test("MultipartUploads.complete() survives a restart in between and needs no copy", () => {
  const uploadId = uploads.create(START);
  const parts = [add(uploadId, 1, 5 << 20), add(uploadId, 7, 3)];
  store = new ObjectStore(dir);
  uploads = new MultipartUploads(store);
  const version = uploads.complete(uploadId, uploads.find(uploadId, "bucket", "k"), parts, true);
  expect(version).toMatchObject({ bytes: (5 << 20) + 3, etag: expect.stringMatching(/^[0-9a-f]{32}-2$/) });
  expect(version.segments.map((segment) => segment.bytes)).toEqual([5 << 20, 3]);
  expect(() => uploads.find(uploadId, "bucket", "k")).toThrow(expect.objectContaining({ code: "NoSuchUpload" }));
});

test("MultipartUploads.complete() refuses wrong, disordered, small and late parts and keeps the upload", () => {
  const uploadId = uploads.create(START);
  const [one, two] = [add(uploadId, 1, 10), add(uploadId, 2, 10)];
  const complete = (parts: { number: number; etag: string }[], onlyIfAbsent = false) => uploads.complete(uploadId, START, parts, onlyIfAbsent);
  expect(() => complete([{ ...one, etag: two.etag }])).toThrow(expect.objectContaining({ code: "InvalidPart" }));
  expect(() => complete([{ ...one, number: 3 }])).toThrow(expect.objectContaining({ code: "InvalidPart" }));
  expect(() => complete([one, two])).toThrow(expect.objectContaining({ code: "EntityTooSmall" }));
  expect(complete([two], true).bytes).toBe(10);
});

test("MultipartUploads.find() refuses uploads of other keys and ids that are paths", () => {
  const uploadId = uploads.create(START);
  for (const [id, key] of [[uploadId, "other"], ["../meta", "k"], ["", "k"]] as const) {
    expect(() => uploads.find(id, "bucket", key)).toThrow(expect.objectContaining({ code: "NoSuchUpload" }));
  }
});

test("MultipartUploads.addPart() after an abort is refused", () => {
  const uploadId = uploads.create(START);
  uploads.abort(uploadId);
  expect(() => add(uploadId, 1, 1)).toThrow(expect.objectContaining({ code: "NoSuchUpload" }));
});
