import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findFrozenHead } from "../../../../functions/_shared/restore/find_frozen_head.ts";
import { startTestS3, type TestS3 } from "../../../stack/s3/start_test_s3.ts";

let s3: TestS3;
beforeAll(async () => {
  s3 = await startTestS3();
});
afterAll(() => s3.stop());

describe("findFrozenHead()", () => {
  it("findFrozenHead() finds manifest and schema, and with them the rows when all will be needed", async () => {
    const client = s3.client();
    for (const key of ["manifest.json", "schema.json.gz", "data/a/1.copy.gz", "proofs/1.json"]) await client.putObject(`cold/${key}`, Buffer.from("x"), { storageClass: "GLACIER" });
    const keys = async (prefix: string, whole: boolean) => (await findFrozenHead(client, { prefix }, whole)).map(({ key }) => key.slice(prefix.length));
    expect(await keys("cold/", false)).toEqual(["manifest.json", "schema.json.gz"]);
    expect(await keys("cold/", true)).toEqual(["manifest.json", "schema.json.gz", "data/a/1.copy.gz"]);
    await client.putObject("usual/manifest.json", Buffer.from("x"));
    await client.putObject("usual/data/a/1.copy.gz", Buffer.from("x"), { storageClass: "GLACIER" });
    expect([await keys("usual/", true), await keys("usual/", false)]).toEqual([[], []]);
  });
});
