import { describe, expect, it } from "vitest";
import { checkProperties } from "../../../../functions/_shared/export/check_properties.ts";
import type { ObjectProperties } from "../../../../functions/_shared/export/object_properties.ts";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import type { S3Client, StoredObject } from "../../../../functions/_shared/s3/s3_client.ts";

const UNTIL = new Date("2030-01-01T00:00:00.700Z");

function world(properties: Partial<ObjectProperties>, found: Partial<StoredObject>, getObject: S3Client["getObject"] = () => Promise.reject(new Error("not asked"))) {
  const warnings: unknown[] = [];
  const context = {
    runId: "r", client: { query: async (_: string, values: unknown[]) => (warnings.push(values[1]), { rows: [] }) } as never,
    s3: { putObject: () => Promise.reject(new Error("not asked")), headObject: async () => ({ storageClass: "STANDARD", objectLock: null, ...found }) as StoredObject, getObject },
    properties: { storageClass: null, tags: {}, lock: null, refused: new Set(), ...properties } as ObjectProperties,
  };
  return { context, warnings };
}

describe("checkProperties()", () => {
  it("checkProperties() warns of a storage class that was dropped in silence", async () => {
    const { context, warnings } = world({ storageClass: "GLACIER_IR" }, {});
    await checkProperties(context, "k");
    expect(warnings).toEqual([expect.stringContaining("storage_class_refused")]);
    await checkProperties(context, "k");
    expect(warnings).toHaveLength(1);
  });

  it("checkProperties() is content with what was asked for, in whole seconds", async () => {
    const lock = { mode: "COMPLIANCE", retainUntil: UNTIL } as const;
    const { context, warnings } = world({ storageClass: "GLACIER_IR", lock }, { storageClass: "GLACIER_IR", objectLock: { mode: "COMPLIANCE", retainUntil: new Date("2030-01-01T00:00:00Z") } });
    expect(await checkProperties(context, "k")).toEqual({ archived: false });
    expect(warnings).toEqual([]);
  });

  it.each([
    ["refuses to read", "HF603", true],
    ["does not let this key read", "HF202", true],
    ["keeps readable", null, false],
  ] as const)("checkProperties() tells an archive from a class that the storage %s", async (_, code, archived) => {
    const { context } = world({ storageClass: "GLACIER" }, { storageClass: "GLACIER" }, () => (code === null ? Promise.resolve(new Uint8Array(1)) : Promise.reject(new HoldfastError(code, "no"))));
    expect(await checkProperties(context, "k")).toEqual({ archived });
  });

  it.each([
    ["no lock", null],
    ["another mode", { mode: "GOVERNANCE", retainUntil: UNTIL }],
    ["a shorter one", { mode: "COMPLIANCE", retainUntil: new Date("2029-12-31T23:59:59Z") }],
  ] as const)("checkProperties() throws HF601 where there is %s", async (_, objectLock) => {
    const { context } = world({ lock: { mode: "COMPLIANCE", retainUntil: UNTIL } }, { objectLock });
    await expect(checkProperties(context, "k")).rejects.toMatchObject({ code: "HF601" });
  });
});
