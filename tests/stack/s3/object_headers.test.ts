import { describe, expect, test } from "vitest";
import { describeVersion, readRange, readWriteTraits, refuseUnknownHeaders } from "../../../stack/s3/object_headers.ts";

const FUTURE = new Date(Date.now() + 60_000).toISOString();
const code = (value: string) => expect.objectContaining({ code: value });

describe("refuseUnknownHeaders()", () => {
  test.each([
    ["PUT", { "x-amz-acl": "private" }], ["PUT", { "x-amz-server-side-encryption": "AES256" }], ["PUT", { "x-amz-copy-source": "/a/b" }], ["PUT", { "x-amz-checksum-crc32": "AAAA" }],
    ["PUT", { "x-amz-object-lock-legal-hold": "ON" }], ["PUT", { "if-match": '"a"' }], ["PUT", { "if-none-match": '"a"' }], ["DELETE", { "if-match": "*" }], ["GET", { "if-modified-since": "x" }],
  ])("refuseUnknownHeaders() refuses %s with %o instead of dropping it", (method, headers) => {
    expect(() => refuseUnknownHeaders(headers, method)).toThrow(code("NotImplemented"));
  });
  test("refuseUnknownHeaders() lets through what is implemented", () => {
    refuseUnknownHeaders({ "x-amz-meta-anything": "1", "x-amz-storage-class": "STANDARD", "x-amz-date": "", "if-none-match": "*" }, "PUT");
    refuseUnknownHeaders({ "if-match": '"a"', "if-none-match": '"b"' }, "GET");
  });
});

describe("readWriteTraits()", () => {
  test("readWriteTraits() keeps what is given back, and no other header", () => {
    const headers = { "content-type": "text/plain", "x-amz-meta-a": "1", "x-amz-storage-class": "GLACIER_IR", "x-amz-tagging": "a=1&b=2", "user-agent": "x", authorization: "y" };
    expect(readWriteTraits(headers, false)).toEqual({ headers: { "content-type": "text/plain", "x-amz-meta-a": "1", "x-amz-storage-class": "GLACIER_IR" }, tagCount: 2, lock: null });
  });
  test.each([
    [{ "x-amz-storage-class": "COLD" }, "InvalidStorageClass"],
    [{ "x-amz-tagging": "a=1&a=2" }, "InvalidArgument"],
    [{ "content-encoding": "aws-chunked" }, "NotImplemented"],
    [{ "x-amz-object-lock-mode": "FOREVER", "x-amz-object-lock-retain-until-date": FUTURE }, "InvalidArgument"],
    [{ "x-amz-object-lock-mode": "COMPLIANCE" }, "InvalidArgument"],
    [{ "x-amz-object-lock-mode": "COMPLIANCE", "x-amz-object-lock-retain-until-date": "2020-01-01T00:00:00Z" }, "InvalidArgument"],
    [{ "x-amz-object-lock-mode": "COMPLIANCE", "x-amz-object-lock-retain-until-date": FUTURE }, "InvalidRequest"],
  ])("readWriteTraits() refuses %o with %s", (headers, expected) => {
    expect(() => readWriteTraits(headers, true)).toThrow(code(expected));
  });
  test("readWriteTraits() refuses a lock in a bucket without Object Lock", () => {
    const headers = { "x-amz-object-lock-mode": "COMPLIANCE", "x-amz-object-lock-retain-until-date": FUTURE, "content-md5": "x" };
    expect(() => readWriteTraits(headers, false)).toThrow(code("InvalidRequest"));
    expect(readWriteTraits(headers, true).lock).toEqual({ mode: "COMPLIANCE", retainUntil: FUTURE });
  });
});

describe("describeVersion()", () => {
  test("describeVersion() tells lock, version and tag count", () => {
    const version = { key: "k", versionId: "v", isDeleteMarker: false, bytes: 1, etag: "e", lastModified: "2026-01-01T00:00:00.000Z", headers: { "content-type": "a/b" }, tagCount: 1, lock: { mode: "GOVERNANCE", retainUntil: FUTURE }, segments: [] } as const;
    expect(describeVersion(version)).toMatchObject({ etag: '"e"', "content-type": "a/b", "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT", "x-amz-version-id": "v", "x-amz-tagging-count": "1", "x-amz-object-lock-mode": "GOVERNANCE" });
  });
});

describe("readRange()", () => {
  test.each([
    [undefined, null], ["bytes=0-0", { first: 0, last: 0 }], ["bytes=5-", { first: 5, last: 9 }], ["bytes=-4", { first: 6, last: 9 }], ["bytes=-40", { first: 0, last: 9 }],
    ["bytes=8-100", { first: 8, last: 9 }], ["bytes=-", null], ["bytes=5-2", null], ["bytes=0-1,3-4", null], ["items=0-1", null],
  ])("readRange() reads %s", (header, expected) => {
    expect(readRange(header, 10)).toEqual(expected);
  });
  test.each([["bytes=10-", 10], ["bytes=-0", 10], ["bytes=0-", 0], ["bytes=-1", 0]])("readRange() refuses %s of %i bytes", (header, bytes) => {
    expect(() => readRange(header, bytes)).toThrow(code("InvalidRange"));
  });
});
