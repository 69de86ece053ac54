import { describe, expect, it } from "vitest";
import { contentHash } from "../../../cli/install/content_hash.ts";

describe("contentHash()", () => {
  it("contentHash() is the SHA-256 of the file, whatever its line ends", () => {
    expect(contentHash(Buffer.from("abc"))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(contentHash(Buffer.from("a\r\nb\r\n"))).toBe(contentHash(Buffer.from("a\nb\n")));
  });
  it("contentHash() tells apart what no line end makes, bytes that are no text included", () => {
    const hashes = [["a\nb"], ["a\nb\n"], ["a\rb"], [[0xff]], [[0xfe]], [[0xc3, 0xbf]]].map(([content]) => contentHash(Buffer.from(content as string)));
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
