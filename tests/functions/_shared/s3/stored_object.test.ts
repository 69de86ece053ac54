import { describe, expect, test } from "vitest";
import { readStoredObject } from "../../../../functions/_shared/s3/stored_object.ts";

describe("readStoredObject()", () => {
  test("readStoredObject() reads size, metadata, lock and version", () => {
    const headers = new Headers({
      "content-length": "12", etag: '"abc"', "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT", "x-amz-meta-sha256": "ff", "x-amz-meta-rows": "3",
      "x-amz-storage-class": "GLACIER_IR", "x-amz-object-lock-mode": "COMPLIANCE", "x-amz-object-lock-retain-until-date": "2027-01-01T00:00:00Z", "x-amz-version-id": "v1",
    });
    expect(readStoredObject("k", headers)).toEqual({
      key: "k", bytes: 12, etag: "abc", lastModified: new Date(Date.UTC(2026, 0, 1)), contentType: null, metadata: { sha256: "ff", rows: "3" }, sha256: "ff",
      storageClass: "GLACIER_IR", thaw: null, objectLock: { mode: "COMPLIANCE", retainUntil: new Date(Date.UTC(2027, 0, 1)) }, versionId: "v1",
    });
  });

  test("readStoredObject() takes the whole size from a range answer, and STANDARD when no class is named", () => {
    expect(readStoredObject("k", new Headers({ "content-length": "2", "content-range": "bytes 8-9/10" }))).toMatchObject({ bytes: 10, storageClass: "STANDARD", sha256: null, objectLock: null });
  });

  test.each([
    ['ongoing-request="true"', { ongoing: true, expiresAt: null }],
    ['ongoing-request="false", expiry-date="Fri, 21 Dec 2012 00:00:00 GMT"', { ongoing: false, expiresAt: new Date(Date.UTC(2012, 11, 21)) }],
    ['ongoing-request="false"', { ongoing: false, expiresAt: null }],
    ["something else", null],
  ])("readStoredObject() reads how the thawing of an archived object stands: %s", (header, thaw) => {
    expect(readStoredObject("k", new Headers({ "x-amz-storage-class": "GLACIER", "x-amz-restore": header }))).toMatchObject({ storageClass: "GLACIER", thaw });
  });

  test("readStoredObject() believes in no lock of an unknown mode", () => {
    expect(readStoredObject("k", new Headers({ "x-amz-object-lock-mode": "NONE", "x-amz-object-lock-retain-until-date": "2027-01-01T00:00:00Z" })).objectLock).toBeNull();
  });
});
