import { describe, expect, it } from "vitest";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import type { ObjectProperties } from "../../../../functions/_shared/export/object_properties.ts";
import { putRunObject, recordRefusal } from "../../../../functions/_shared/export/put_run_object.ts";
import type { PutObjectOptions, PutObjectResult } from "../../../../functions/_shared/s3/s3_client.ts";

const RETAIN_UNTIL = new Date("2030-01-01T00:00:00Z");
const BODY = new Uint8Array(1);

/** A storage that refuses some of what a put asks for. */
function world(refuses: (options: PutObjectOptions) => boolean, properties: Partial<ObjectProperties> = {}) {
  const puts: string[] = [];
  const warnings: unknown[] = [];
  const context = {
    runId: "r",
    client: { query: async (_: string, [, value]: unknown[]) => (warnings.push(...(JSON.parse(String(value)) as unknown[])), { rows: [] }) } as never,
    s3: {
      putObject: async (_key: string, _body: Uint8Array, options: PutObjectOptions = {}) => {
        puts.push([options.storageClass, options.tagging === undefined ? undefined : "tags", options.objectLock === undefined ? undefined : "lock"].filter(Boolean).join("+"));
        if (refuses(options)) throw new HoldfastError("HF202", "denied", { hint: "Look." });
        return { etag: "", bytes: 1 } as PutObjectResult;
      },
    },
    properties: { storageClass: "GLACIER_IR", tags: { tier: "monthly" }, lock: null, refused: new Set(), ...properties } as ObjectProperties,
  };
  const put = (bulk = true) => putRunObject(context, "k", BODY, { contentType: "x", bulk });
  return { put, puts, warnings, context };
}

describe("putRunObject()", () => {
  it("putRunObject() sends storage class, tags and lock of the tier", async () => {
    const { put, puts, warnings } = world(() => false, { lock: { mode: "GOVERNANCE", retainUntil: RETAIN_UNTIL } });
    await put();
    expect([puts, warnings]).toEqual([["GLACIER_IR+tags+lock"], []]);
  });

  it("putRunObject() keeps what is small out of archives, and leaves STANDARD to the bucket", async () => {
    const archive = world(() => false, { storageClass: "DEEP_ARCHIVE" });
    await archive.put(true);
    await archive.put(false);
    expect(archive.puts).toEqual(["DEEP_ARCHIVE+tags", "tags"]);
    const standard = world(() => false, { storageClass: "STANDARD" });
    await standard.put();
    expect(standard.puts).toEqual(["tags"]);
  });

  it.each([
    ["tags", (options: PutObjectOptions) => options.tagging !== undefined, "GLACIER_IR", ["tags_refused"]],
    ["the storage class", (options: PutObjectOptions) => options.storageClass !== undefined, "tags", ["storage_class_refused"]],
    ["both", (options: PutObjectOptions) => options.storageClass !== undefined || options.tagging !== undefined, "", ["tags_refused", "storage_class_refused"]],
  ])("putRunObject() stores the object without %s where they are refused, warns and does not ask again", async (_, refuses, last, codes) => {
    const { put, puts, warnings } = world(refuses);
    await put();
    expect(puts.at(-1)).toBe(last);
    const tries = puts.length;
    await put();
    expect(puts.slice(tries)).toEqual([last]);
    expect(warnings).toMatchObject(codes.map((code) => ({ code })));
  });

  it("putRunObject() gives up no lock: the refusal says what it takes", async () => {
    const { put, puts, warnings } = world((options) => options.objectLock !== undefined, { lock: { mode: "COMPLIANCE", retainUntil: RETAIN_UNTIL } });
    await expect(put()).rejects.toMatchObject({ code: "HF202", message: "denied", hint: expect.stringContaining("s3:PutObjectRetention") });
    expect([puts.every((one) => one.endsWith("lock")), warnings]).toEqual([true, []]);
  });

  it("putRunObject() throws what the storage said when nothing helps, and other errors at once", async () => {
    const { put } = world(() => true);
    await expect(put()).rejects.toMatchObject({ code: "HF202", hint: "Look." });
    const { context, puts } = world(() => false);
    context.s3.putObject = async () => { puts.push("x"); throw new HoldfastError("HF203", "away"); };
    await expect(putRunObject(context, "k", BODY, { bulk: true })).rejects.toMatchObject({ code: "HF203" });
    expect(puts).toEqual(["x"]);
  });

  it("putRunObject() adds nothing where there is no strategy", async () => {
    const { context, puts } = world(() => false);
    const { properties: _, ...plain } = context;
    await putRunObject(plain, "k", BODY, { bulk: true });
    expect(puts).toEqual([""]);
  });
});

describe("recordRefusal()", () => {
  it("recordRefusal() names the storage class that was refused", async () => {
    const { context, warnings } = world(() => false);
    await recordRefusal(context, context.properties, "storageClass");
    expect(warnings).toMatchObject([{ code: "storage_class_refused", subject: "GLACIER_IR" }]);
    expect(context.properties.refused).toEqual(new Set(["storageClass"]));
  });
});
