import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { compareUtf8, ObjectStore } from "../../../stack/s3/object_store.ts";

let dir: string;
let store: ObjectStore;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "holdfast-store-"));
  store = new ObjectStore(dir);
  store.createBucket("plain", false);
  store.createBucket("locked", true);
});
afterEach(() => rmSync(dir, { recursive: true }));

function write(bucket: string, key: string, text: string, onlyIfAbsent = false, lock: { mode: "GOVERNANCE" | "COMPLIANCE"; retainUntil: string } | null = null) {
  const path = store.temporaryFile();
  writeFileSync(path, text);
  return store.commit(bucket, { key, bytes: text.length, etag: "e", headers: {}, tagCount: 0, lock }, [{ path, bytes: text.length }], onlyIfAbsent);
}
const textOf = (bucket: string, key: string): string => (store.current(bucket, key)?.segments ?? []).map((segment) => readFileSync(store.segmentPath(segment), "utf8")).join("");

describe("ObjectStore()", () => {
  test("commit() keeps objects across a restart, whatever their keys", () => {
    const keys = ["a", "a/b", "../../etc/passwd", "x".repeat(1024), "x".repeat(1023), "ü", "A", "CON"];
    for (const key of keys) write("plain", key, `text of ${key}`);
    write("locked", "v", "one");
    const second = write("locked", "v", "two");
    store = new ObjectStore(dir);
    for (const key of keys) expect(textOf("plain", key)).toBe(`text of ${key}`);
    expect(store.current("locked", "v")?.versionId).toBe(second.versionId);
    expect(store.keys("plain")).toHaveLength(keys.length);
    expect(store.hasObjectLock("locked")).toBe(true);
  });

  test("commit() replaces in a plain bucket and removes the old bytes", async () => {
    write("plain", "a", "one");
    write("plain", "a", "two");
    expect(textOf("plain", "a")).toBe("two");
    await expect.poll(() => readdirSync(join(dir, "data")).length).toBe(1);
  });

  test("commit() refuses a taken key when asked to, also behind nothing but a delete marker", () => {
    write("plain", "a", "one");
    expect(() => write("plain", "a", "two", true)).toThrow(expect.objectContaining({ code: "PreconditionFailed" }));
    write("locked", "a", "one");
    store.hide("locked", "a");
    expect(write("locked", "a", "two", true).bytes).toBe(3);
  });

  test("deleteVersion() is refused while a retention holds, and yields to a bypass only in GOVERNANCE", () => {
    const retainUntil = new Date(Date.now() + 60_000).toISOString();
    const compliance = write("locked", "c", "x", false, { mode: "COMPLIANCE", retainUntil });
    const governance = write("locked", "g", "x", false, { mode: "GOVERNANCE", retainUntil });
    const expired = write("locked", "e", "x", false, { mode: "COMPLIANCE", retainUntil: new Date(Date.now() - 1000).toISOString() });
    const denied = expect.objectContaining({ code: "AccessDenied" });
    expect(() => store.deleteVersion("locked", "c", compliance.versionId, true)).toThrow(denied);
    expect(() => store.deleteVersion("locked", "g", governance.versionId, false)).toThrow(denied);
    store.deleteVersion("locked", "g", governance.versionId, true);
    store.deleteVersion("locked", "e", expired.versionId, false);
    expect([store.current("locked", "g"), store.current("locked", "e")]).toEqual([null, null]);
  });

  test("ObjectStore() removes what an interrupted write left behind", () => {
    writeFileSync(store.temporaryFile(), "half");
    store = new ObjectStore(dir);
    expect(readdirSync(join(dir, "tmp"))).toEqual([]);
  });

  test("createBucket() and deleteBucket() refuse what S3 refuses", () => {
    for (const name of ["A", "ab", "a..b", "a/b", "-ab"]) expect(() => store.createBucket(name, false)).toThrow(expect.objectContaining({ code: "InvalidBucketName" }));
    expect(() => store.createBucket("plain", false)).toThrow(expect.objectContaining({ code: "BucketAlreadyOwnedByYou" }));
    write("plain", "a", "x");
    expect(() => store.deleteBucket("plain")).toThrow(expect.objectContaining({ code: "BucketNotEmpty" }));
    store.hide("plain", "a");
    store.deleteBucket("plain");
    expect(() => store.keys("plain")).toThrow(expect.objectContaining({ code: "NoSuchBucket" }));
  });

  test("compareUtf8() orders by bytes, not by UTF-16 units", () => {
    expect(["\u{1F600}", "\uFF5E", "a"].sort(compareUtf8)).toEqual(["a", "\uFF5E", "\u{1F600}"]);
  });
});
