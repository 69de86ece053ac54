import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { announcedLength, receiveBody, receiveText } from "../../../stack/s3/receive_body.ts";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "holdfast-body-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

const BODY = Buffer.alloc(3_500_000, "0123456789abcdef!");
const digest = (algorithm: string, encoding: "hex" | "base64"): string => createHash(algorithm).update(BODY).digest(encoding);
function arriving(headers: Record<string, string>, body = BODY): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.headers = { "content-length": String(BODY.length), ...headers };
  for (let at = 0; at < body.length; at += 65_536) request.push(body.subarray(at, at + 65_536));
  request.push(null);
  return request;
}
const unchecked = { sha256: null, bytesPerSecond: undefined };

describe("receiveBody()", () => {
  test("receiveBody() writes every byte and returns the MD5", async () => {
    const path = join(dir, "whole");
    const received = await receiveBody(arriving({ "content-md5": digest("md5", "base64"), "x-amz-checksum-sha256": digest("sha256", "base64") }), path, { ...unchecked, sha256: digest("sha256", "hex") });
    expect(received).toMatchObject({ bytes: BODY.length });
    expect(received.md5.toString("hex")).toBe(digest("md5", "hex"));
    expect(Buffer.compare(readFileSync(path), BODY)).toBe(0);
  });

  test.each([
    ["XAmzContentSHA256Mismatch", {}, "0".repeat(64), BODY],
    ["BadDigest", { "content-md5": Buffer.alloc(16).toString("base64") }, null, BODY],
    ["BadDigest", { "x-amz-checksum-sha256": "AAAA" }, null, BODY],
    ["InvalidDigest", { "content-md5": "AAAA" }, null, BODY],
    ["IncompleteBody", {}, null, BODY.subarray(1)],
  ])("receiveBody() refuses with %s and leaves no file", async (code, headers, sha256, body) => {
    const path = join(dir, "refused");
    await expect(receiveBody(arriving(headers, body), path, { ...unchecked, sha256 })).rejects.toMatchObject({ code });
    expect(existsSync(path)).toBe(false);
  });
});

describe("receiveText()", () => {
  test("receiveText() reads a small body and refuses a large one", async () => {
    expect(await receiveText(arriving({}, Buffer.from("<a/>")), unchecked)).toBe("<a/>");
    await expect(receiveText(arriving({}), unchecked)).rejects.toMatchObject({ code: "MalformedXML" });
  });
});

describe("announcedLength()", () => {
  test("announcedLength() refuses a body of unknown length", () => {
    const request = new IncomingMessage(new Socket());
    expect(() => announcedLength(request)).toThrow(expect.objectContaining({ code: "MissingContentLength" }));
  });
});
