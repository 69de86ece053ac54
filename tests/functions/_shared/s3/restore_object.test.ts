import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startTestS3, type TestS3 } from "../../../stack/s3/start_test_s3.ts";

let s3: TestS3;
beforeAll(async () => {
  s3 = await startTestS3();
});
afterEach(() => {
  s3.server.faults.clear();
  s3.server.archive.thawMs = 2_000;
});
afterAll(() => s3.stop());

const ASKED = { tier: "Standard", days: 1 } as const;
const BODY = Buffer.from("cold");

describe("restoreObject()", () => {
  it("restoreObject() asks once, says what goes on, and has nothing to ask for when there is a copy", async () => {
    const client = s3.client();
    await client.putObject("slow", BODY, { storageClass: "GLACIER" });
    await expect(client.getObject("slow")).rejects.toMatchObject({ code: "HF603", hint: expect.stringContaining("--thaw") });
    expect(await client.restoreObject("slow", ASKED)).toBe("asked");
    expect(await client.restoreObject("slow", ASKED)).toBe("ongoing");
    expect((await client.headObject("slow"))?.thaw).toEqual({ ongoing: true, expiresAt: null });
    s3.server.archive.thawMs = 0;
    await client.putObject("fast", BODY, { storageClass: "DEEP_ARCHIVE" });
    expect(await client.restoreObject("fast", { tier: "Bulk", days: 2 })).toBe("asked");
    expect(await client.getObject("fast")).toEqual(new Uint8Array(BODY));
    expect(await client.restoreObject("fast", ASKED)).toBe("readable");
    const hours = (Number((await client.headObject("fast"))?.thaw?.expiresAt) - Date.now()) / 3_600_000;
    expect(Math.round(hours)).toBe(24);
  });

  it("restoreObject() takes an object that is not archived for readable", async () => {
    await s3.client().putObject("warm", BODY);
    expect(await s3.client().restoreObject("warm", ASKED)).toBe("readable");
  });

  it("restoreObject() tries again when the storage is away, and asks once all the same", async () => {
    await s3.client().putObject("away", BODY, { storageClass: "GLACIER" });
    s3.server.faults.add({ kind: "status", method: "POST", status: 503 });
    expect(await s3.client().restoreObject("away", ASKED)).toBe("asked");
    await s3.client().putObject("lost answer", BODY, { storageClass: "GLACIER" });
    s3.server.faults.add({ kind: "reset_after", method: "POST" });
    expect(await s3.client().restoreObject("lost answer", ASKED)).toBe("ongoing");
  });

  it.each([
    [{ status: 501, code: "NotImplemented" }, "HF604", /without --thaw/],
    [{ status: 405, code: "MethodNotAllowed" }, "HF604", /without --thaw/],
    [{ status: 503, code: "GlacierExpeditedRetrievalNotAvailable" }, "HF605", /--thaw-tier Standard/],
    [{ status: 403, code: "AccessDenied" }, "HF202", /^The key needs s3:RestoreObject/],
    [{ status: 404, code: "NoSuchKey" }, "HF204", /./],
  ])("restoreObject() explains %j with %s", async (answer, code, hint) => {
    s3.server.faults.add({ kind: "status", method: "POST", times: 0, ...answer });
    await expect(s3.client().restoreObject("any", ASKED)).rejects.toMatchObject({ code, message: expect.stringContaining('thaw object "any"'), hint: expect.stringMatching(hint) });
    expect(s3.server.faults.list()[0]?.hits).toBe(1);
  });
});
