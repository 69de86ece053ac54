import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attemptName, chunkName, encodeKeyPart, tableFolder } from "../../../../functions/_shared/export/object_keys.ts";

/** What PostgreSQL accepts as a name: up to 63 bytes of UTF-8 without NUL. */
const name = fc.string({ unit: "binary", minLength: 1, maxLength: 63 })
  .map((text) => text.replaceAll("\0", ""))
  .filter((text) => text !== "" && Buffer.from(text).toString() === text && Buffer.byteLength(text) <= 63);
/** Names people break things with. */
const nasty = fc.constantFrom("..", ".", "/", "a/b", "a.b", "a", "A", "a=2Eb", "=", "==", "~2", " ", "\n", "%2e", "é", "e\u0301", "🐘", "x".repeat(63), "🐘".repeat(15), "/".repeat(63));
const anyName = fc.oneof(name, nasty);

function decode(part: string): string {
  return Buffer.from(part.replaceAll(/=([0-9A-F]{2})|([^=])/g, (_, hex: string | undefined, plain: string) => hex ?? Buffer.from(plain).toString("hex")), "hex").toString("utf8");
}

describe("encodeKeyPart()", () => {
  it("encodeKeyPart() keeps plain names readable", () => {
    expect(encodeKeyPart("order_items-2026")).toBe("order_items-2026");
    expect(encodeKeyPart("Größe.x/y")).toBe("Gr=C3=B6=C3=9Fe=2Ex=2Fy");
  });

  it("encodeKeyPart() can be undone, so no two names share a key", () => {
    fc.assert(fc.property(anyName, (one) => decode(encodeKeyPart(one)) === one), { numRuns: 1000 });
    fc.assert(fc.property(anyName, anyName, (one, other) => (encodeKeyPart(one) === encodeKeyPart(other)) === (one === other)));
  });

  it("encodeKeyPart() uses only characters that no URL, shell or file system changes", () => {
    fc.assert(fc.property(anyName, (one) => /^[A-Za-z0-9_=-]+$/.test(encodeKeyPart(one))), { numRuns: 1000 });
  });
});

describe("tableFolder()", () => {
  it("tableFolder() keeps schema and table apart when dots could join them", () => {
    expect(tableFolder("a", "b.c")).not.toBe(tableFolder("a.b", "c"));
    fc.assert(fc.property(fc.tuple(anyName, anyName), fc.tuple(anyName, anyName), (one, other) =>
      (tableFolder(...one) === tableFolder(...other)) === (one[0] === other[0] && one[1] === other[1])));
  });

  it("tableFolder() never leaves data/", () => {
    fc.assert(fc.property(anyName, anyName, (schema, table) => /^data\/[^/]+\/$/.test(tableFolder(schema, table)) && !tableFolder(schema, table).includes("..")));
  });
});

describe("attemptName()", () => {
  it("attemptName() gives later attempts another name and the first one none", () => {
    expect([0, 1, 2, 12].map((attempt) => attemptName("schema", "json.gz", attempt))).toEqual(["schema.json.gz", "schema.json.gz", "schema~2.json.gz", "schema~12.json.gz"]);
  });
});

describe("chunkName()", () => {
  it("chunkName() is padded, so that a listing shows chunks in order", () => {
    expect(chunkName("public", "orders", 7, 1)).toBe("data/public.orders/000007.copy.gz");
    expect(chunkName("public", "orders", 1_234_567, 3)).toBe("data/public.orders/1234567~3.copy.gz");
  });

  it("chunkName() differs whenever table, chunk or attempt differ", () => {
    const address = fc.tuple(anyName, anyName, fc.integer({ min: 1, max: 3_000_000 }), fc.integer({ min: 1, max: 9 }));
    fc.assert(fc.property(address, address, (one, other) => (chunkName(...one) === chunkName(...other)) === (JSON.stringify(one) === JSON.stringify(other))));
  });

  it("chunkName() leaves room for a prefix within the 1024 bytes of an S3 key, for the longest names there are", () => {
    const longest = chunkName("/".repeat(63), "ÿ".repeat(31), 2_147_483_647, 99);
    const prefix = `${"p".repeat(500)}/abcdefghijklmnopqrst/runs/20261123T205500Z-a1b2c3/`;
    expect(Buffer.byteLength(prefix + longest)).toBeLessThanOrEqual(1024);
    fc.assert(fc.property(anyName, anyName, (schema, table) => Buffer.byteLength(chunkName(schema, table, 2_147_483_647, 99)) <= 450));
  });
});
