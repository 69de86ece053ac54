import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { askForThaw } from "../../../../functions/_shared/restore/ask_for_thaw.ts";
import type { ArchivedObject } from "../../../../functions/_shared/restore/list_archived.ts";
import { startTestS3, type TestS3 } from "../../../stack/s3/start_test_s3.ts";

let s3: TestS3;
beforeAll(async () => {
  s3 = await startTestS3();
});
afterEach(() => s3.server.faults.clear());
afterAll(() => s3.stop());

async function frozen(storageClass: string, ...keys: string[]): Promise<ArchivedObject[]> {
  for (const key of keys) await s3.client().putObject(key, Buffer.from("x"), { storageClass });
  return keys.map((key) => ({ key, bytes: 1, storageClass }));
}
const STANDARD = { tier: "Standard", days: 1 } as const;

describe("askForThaw()", () => {
  it("askForThaw() asks for each, counts, and can be repeated", async () => {
    const objects = await frozen("GLACIER", "g/1", "g/2", "g/3");
    const done: number[] = [];
    expect(await askForThaw(s3.client(), objects, STANDARD, (count) => done.push(count))).toEqual(objects);
    expect(done).toEqual([1, 2, 3]);
    expect(await askForThaw(s3.client(), objects, STANDARD)).toEqual(objects);
    expect((await s3.client().headObject("g/3"))?.thaw).toMatchObject({ ongoing: true });
  });

  it("askForThaw() has nothing to wait for where a copy is there", async () => {
    s3.server.archive.thawMs = 0;
    const objects = await frozen("GLACIER", "r/1");
    await askForThaw(s3.client(), objects, STANDARD);
    expect(await askForThaw(s3.client(), objects, STANDARD)).toEqual([]);
    s3.server.archive.thawMs = 2_000;
  });

  it("askForThaw() refuses Expedited for DEEP_ARCHIVE before it asks for anything", async () => {
    const objects = [...await frozen("GLACIER", "m/1"), ...await frozen("DEEP_ARCHIVE", "m/2")];
    await expect(askForThaw(s3.client(), objects, { tier: "Expedited", days: 1 })).rejects.toMatchObject({ code: "HF605", hint: expect.stringContaining("Standard or Bulk") });
    expect((await s3.client().headObject("m/1"))?.thaw).toBeNull();
  });

  it("askForThaw() stops at a storage that cannot thaw", async () => {
    const objects = await frozen("GLACIER", ...Array.from({ length: 30 }, (_, n) => `n/${n}`));
    s3.server.faults.add({ kind: "status", method: "POST", status: 501, code: "NotImplemented", times: 0 });
    await expect(askForThaw(s3.client(), objects, STANDARD)).rejects.toMatchObject({ code: "HF604" });
    expect(s3.server.faults.list()[0]?.hits).toBeLessThan(17);
  });
});
