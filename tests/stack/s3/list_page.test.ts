import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { xmlElements, xmlText } from "../../../functions/_shared/s3/xml_text.ts";
import { listPage } from "../../../stack/s3/list_page.ts";
import { compareUtf8, ObjectStore } from "../../../stack/s3/object_store.ts";

let dir: string;
let store: ObjectStore;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "holdfast-list-"));
  store = new ObjectStore(dir);
});
afterAll(() => rmSync(dir, { recursive: true }));

let buckets = 0;
function bucketWith(keys: readonly string[]): string {
  const bucket = `list-${buckets++}`;
  store.createBucket(bucket, false);
  for (const key of keys) {
    const path = store.temporaryFile();
    writeFileSync(path, "");
    store.commit(bucket, { key, bytes: 0, etag: "e", headers: {}, tagCount: 0, lock: null }, [{ path, bytes: 0 }], false);
  }
  return bucket;
}

function walk(bucket: string, query: Record<string, string>): { keys: string[]; groups: string[] } {
  const found = { keys: [] as string[], groups: [] as string[] };
  let token: string | null = null;
  do {
    const xml: string = listPage(store, bucket, new URLSearchParams({ ...query, ...(token === null ? {} : { "continuation-token": token }) }));
    found.keys.push(...xmlElements(xml, "Contents").map((element) => xmlText(element, "Key") ?? ""));
    found.groups.push(...xmlElements(xml, "CommonPrefixes").map((element) => xmlText(element, "Prefix") ?? ""));
    token = xmlText(xml, "NextContinuationToken");
  } while (token !== null);
  return found;
}

describe("listPage()", () => {
  test("listPage() gives every key once, whatever the page size, prefix and delimiter", () => {
    const key = fc.string({ unit: fc.constantFrom("a", "b", "/", "ü", "\uFF5E", "😀"), minLength: 1, maxLength: 6 });
    fc.assert(fc.property(fc.uniqueArray(key, { maxLength: 15 }), fc.constantFrom("", "a", "a/", "/"), fc.constantFrom("", "/"), fc.integer({ min: 1, max: 5 }), (keys, prefix, delimiter, size) => {
      const bucket = bucketWith(keys);
      const below = keys.filter((one) => one.startsWith(prefix)).sort(compareUtf8);
      const groupOf = (one: string): string | null => {
        const at = delimiter === "" ? -1 : one.indexOf(delimiter, prefix.length);
        return at < 0 ? null : one.slice(0, at + 1);
      };
      expect(walk(bucket, { prefix, delimiter, "max-keys": String(size) })).toEqual({
        keys: below.filter((one) => groupOf(one) === null),
        groups: [...new Set(below.map(groupOf).filter((group) => group !== null))],
      });
    }), { numRuns: 60 });
  });

  test("listPage() URL-encodes keys on request", () => {
    expect(walk(bucketWith(["a b/+\u0001ü"]), { "encoding-type": "url" }).keys).toEqual(["a+b/%2B%01%C3%BC"]);
  });

  test("listPage() starts after a key, in it or not", () => {
    const bucket = bucketWith(["a", "b", "c"]);
    expect(walk(bucket, { "start-after": "b" }).keys).toEqual(["c"]);
    expect(walk(bucket, { "start-after": "aa" }).keys).toEqual(["b", "c"]);
  });

  test.each([{ "encoding-type": "xml" }, { "max-keys": "many" }, { "continuation-token": "!" }])("listPage() refuses %o", (query) => {
    expect(() => listPage(store, bucketWith([]), new URLSearchParams(query))).toThrow(expect.objectContaining({ code: "InvalidArgument" }));
  });
});
