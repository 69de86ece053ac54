import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chunkListSchema, type Manifest, manifestSchema, MANIFEST_VERSION, parseManifest } from "../../../../functions/_shared/export/manifest.ts";

const hex = (length: number) => fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: length, maxLength: length });
const text = fc.string({ unit: "grapheme", maxLength: 20 });
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const key = fc.stringMatching(/^[a-z0-9=_-]{1,20}(\/[A-Za-z0-9=~_-][A-Za-z0-9=.~_-]{0,20}){0,3}$/);
const instant = fc.date({ noInvalidDate: true, min: new Date("2020-01-01"), max: new Date("2100-01-01") }).map((date) => date.toISOString().replace("Z", "+00:00"));
const object = fc.record({ content: text, key, sha256: hex(64), bytes: count });
const chunk = fc.record({ key, sha256: hex(64), bytes: count, raw_bytes: count, rows: count, first_tid: text, end_tid: fc.option(text) });
const tableFields = {
  schema: text, name: text, columns: fc.array(text), rows: count, fingerprint: hex(16), fingerprint_expression: text, raw_bytes: count, stored_bytes: count,
};
const table = fc.oneof(
  fc.record({ ...tableFields, chunks: fc.array(chunk, { maxLength: 3 }) }),
  fc.record({ ...tableFields, chunk_list: object }),
);
const manifests: fc.Arbitrary<Manifest> = fc.record({
  format: fc.constant("holdfast-backup" as const), format_version: fc.constant(MANIFEST_VERSION as 1), tool: fc.record({ name: text, version: text }), project: text,
  run_id: hex(6).map((tail) => `20261123T205500Z-${tail}`), tier: fc.constantFrom("daily", "weekly", "monthly"), engine: fc.constantFrom("functions", "cli"),
  snapshot: fc.record({ id: text, at: instant, lsn: text, xids: text }),
  server: fc.record({ version: text, version_num: count, database: text, settings: fc.dictionary(fc.string({ unit: fc.constantFrom(..."abc_") }), text) }),
  encryption: fc.constant(null), objects: fc.array(object, { maxLength: 3 }), tables: fc.array(table, { maxLength: 3 }),
  excluded: fc.array(fc.record({ schema: text, name: text, reason: text }), { maxLength: 2 }),
  warnings: fc.array(fc.record({ code: text, subject: text, message: text }), { maxLength: 2 }),
  totals: fc.record({ tables: count, rows: count, objects: count, raw_bytes: count, stored_bytes: count }), finished_at: instant,
});

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
function sample(): Manifest {
  const [one] = fc.sample(manifests.filter(({ tables, objects }) => tables.some(({ chunks }) => (chunks?.length ?? 0) > 0) && objects.length > 0), { numRuns: 1, seed: 42 });
  if (one === undefined) throw new Error("no sample");
  return one;
}

function refusal(bytes: Uint8Array): unknown {
  try {
    parseManifest(bytes);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("parseManifest()", () => {
  it("parseManifest() gives back every manifest as it was written", () => {
    fc.assert(fc.property(manifests, (manifest) => {
      expect(parseManifest(bytesOf(manifest))).toEqual(manifest);
    }), { numRuns: 200 });
  });

  it("parseManifest() refuses a manifest that was cut anywhere, with HF306", () => {
    const bytes = bytesOf(sample());
    fc.assert(fc.property(fc.nat({ max: bytes.length - 1 }), (length) => {
      expect(refusal(bytes.subarray(0, length))).toMatchObject({ code: "HF306" });
    }));
  });

  it("parseManifest() refuses any manifest that lacks a field, with HF306", () => {
    for (const field of Object.keys(manifestSchema.shape)) {
      const { [field]: _, ...rest } = sample() as unknown as Record<string, unknown>;
      expect(refusal(bytesOf(rest)), field).toMatchObject({ code: "HF306" });
    }
  });

  it("parseManifest() refuses a higher version and says which one it reads", () => {
    expect(refusal(bytesOf({ ...sample(), format_version: MANIFEST_VERSION + 1 }))).toMatchObject({
      code: "HF306", message: expect.stringContaining(String(MANIFEST_VERSION + 1)), detail: expect.stringContaining(String(MANIFEST_VERSION)),
    });
    // A later version may look different everywhere else.
    expect(refusal(bytesOf({ format_version: 99 }))).toMatchObject({ code: "HF306", hint: expect.stringContaining("newer") });
  });

  it.each([
    ["a hash that is too short", { sha256: "abc" }],
    ["negative bytes", { bytes: -1 }],
    ["fractional bytes", { bytes: 1.5 }],
    ["bytes as text", { bytes: "1" }],
    ["a number beyond what JSON keeps exact", { bytes: 2 ** 53 }],
  ])("parseManifest() refuses %s and names the field", (_, change) => {
    const manifest = sample();
    const objects = [{ ...manifest.objects[0], ...change }];
    expect(refusal(bytesOf({ ...manifest, objects }))).toMatchObject({ code: "HF306", detail: expect.stringMatching(/^objects\.0\./) });
  });

  it("parseManifest() refuses another format, another encoding and what is no object", () => {
    for (const bytes of [bytesOf({ ...sample(), format: "tarball" }), bytesOf({ ...sample(), encryption: { scheme: "age" } }), bytesOf([]), bytesOf(null), bytesOf("x"),
      new Uint8Array(), Buffer.from("{not json"), Buffer.concat([Buffer.from('"'), Buffer.of(0xff), Buffer.from('"')])]) {
      expect(refusal(bytes)).toMatchObject({ code: "HF306" });
    }
  });

  it("parseManifest() never repeats the contents in its error", () => {
    const error = refusal(Buffer.from('{"rows": "secret-value"'));
    expect(JSON.stringify(error)).not.toContain("secret-value");
  });

  it("parseManifest() wants either chunks or a chunk list of each table", () => {
    const manifest = sample();
    const [first] = manifest.tables;
    const { chunks: _chunks, chunk_list: _list, ...neither } = first ?? {};
    expect(refusal(bytesOf({ ...manifest, tables: [neither] }))).toMatchObject({ code: "HF306" });
    expect(refusal(bytesOf({ ...manifest, tables: [{ ...neither, chunks: [], chunk_list: manifest.objects[0] }] }))).toMatchObject({ code: "HF306" });
  });
});

describe("chunkListSchema", () => {
  const chunkOf = (path: string) => [{ key: path, sha256: "0".repeat(64), bytes: 1, raw_bytes: 1, rows: 1, first_tid: "(0,0)", end_tid: null }];

  it.each(["../other/manifest.json", "data/../../x", "/etc/passwd", "..", ".", "data/..", "./data", "data/./x", "", "a\0b", "data/../x"])("chunkListSchema refuses the key %j, which leaves the run", (path) => {
    expect(chunkListSchema.safeParse(chunkOf(path)).success).toBe(false);
  });

  it.each(["data/public.orders/000001.copy.gz", "data/=2E=2E.a/000001~2.copy.gz", "a..b", "..a/b", "a.../b"])("chunkListSchema accepts the key %j", (path) => {
    expect(chunkListSchema.safeParse(chunkOf(path)).success).toBe(true);
  });
});
