import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keepFrozen } from "../../../../functions/_shared/restore/keep_frozen.ts";
import type { ArchivedObject } from "../../../../functions/_shared/restore/list_archived.ts";
import { startTestS3, type TestS3 } from "../../../stack/s3/start_test_s3.ts";

let s3: TestS3;
beforeAll(async () => {
  s3 = await startTestS3();
});
afterAll(() => s3.stop());
const one = (key: string): ArchivedObject => ({ key, bytes: 3, storageClass: "GLACIER" });

describe("keepFrozen()", () => {
  it("keepFrozen() leaves out what is thawed and what a server keeps readable, whatever the class says", async () => {
    const client = s3.client();
    for (const key of ["a", "b"]) await client.putObject(key, Buffer.from("abc"), { storageClass: "GLACIER" });
    await client.putObject("readable", Buffer.from("abc"));
    s3.server.archive.thawMs = 0;
    await client.restoreObject("b", { tier: "Standard", days: 1 });
    expect(await keepFrozen(client, ["a", "b", "readable"].map(one))).toEqual([one("a")]);
  });

  it("keepFrozen() does not take a missing or denied object for a frozen one", async () => {
    await expect(keepFrozen(s3.client(), [one("none")])).rejects.toMatchObject({ code: "HF204" });
    s3.server.faults.add({ kind: "status", status: 403, code: "AccessDenied" });
    await expect(keepFrozen(s3.client(), [one("a")])).rejects.toMatchObject({ code: "HF202" });
  });
});
