import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { storeJson, storeObject } from "../../../../functions/_shared/export/store_object.ts";
import type { PutObjectOptions, S3Client } from "../../../../functions/_shared/s3/s3_client.ts";

function fakeStorage() {
  const puts: { key: string; body: Uint8Array; options: PutObjectOptions | undefined }[] = [];
  const s3 = {
    putObject: async (key: string, body: Uint8Array, options?: PutObjectOptions) => {
      puts.push({ key, body, options });
      return {};
    },
  } as unknown as S3Client;
  return { puts, context: { s3, objectPrefix: "holdfast/local/runs/r/", recipients: [] as string[] } };
}

describe("storeObject()", () => {
  it("storeObject() puts the bytes below the run, append-only, and returns what the manifest needs", async () => {
    const { puts, context } = fakeStorage();
    const body = Buffer.from("rows");
    const sha256 = createHash("sha256").update(body).digest("hex");
    expect(await storeObject(context, "data/public.a/000001.copy.gz", body, "application/gzip", "rows")).toEqual({
      key: "holdfast/local/runs/r/data/public.a/000001.copy.gz", sha256, bytes: 4, content: "rows",
    });
    expect(puts).toMatchObject([{ body, options: { contentType: "application/gzip", sha256 } }]);
    expect(puts[0]?.options?.ifNoneMatch).not.toBe(false);
  });
});

describe("storeJson()", () => {
  it("storeJson() stores gzip that any reader opens, and hashes the stored bytes", async () => {
    const { puts, context } = fakeStorage();
    const value = { names: ["ä", "🐘", "\u0000"], none: null };
    const ref = await storeJson(context, "x.json.gz", value, "x.json");
    const stored = puts[0]?.body ?? new Uint8Array();
    expect(JSON.parse(gunzipSync(stored).toString("utf8"))).toEqual(value);
    expect(ref).toMatchObject({ content: "x.json", bytes: stored.length, sha256: createHash("sha256").update(stored).digest("hex") });
  });
});
