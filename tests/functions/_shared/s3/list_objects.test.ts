import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startTestS3, type TestS3 } from "../../../stack/s3/start_test_s3.ts";

let s3: TestS3;
beforeAll(async () => {
  s3 = await startTestS3();
});
afterEach(() => {
  s3.server.faults.clear();
  s3.sleeps.length = 0;
});
afterAll(() => s3.stop());

const keysBelow = async (prefix: string, client = s3.client()): Promise<string[]> => {
  const keys: string[] = [];
  for await (const object of client.listObjects(prefix)) keys.push(object.key);
  return keys;
};
const serving = (xml: string) => s3.client({ fetch: () => Promise.resolve(new Response(xml)) });

describe("listObjects()", () => {
  test("listObjects() walks through 2005 objects in order", async () => {
    const client = s3.client();
    const keys = Array.from({ length: 2005 }, (_, index) => `many/${String(index).padStart(5, "0")}`);
    for (let at = 0; at < keys.length; at += 50) await Promise.all(keys.slice(at, at + 50).map((key) => client.putObject(key, Buffer.from(key), { verify: false })));
    expect(await keysBelow("many/")).toEqual(keys);
  });

  test("listObjects() retries a page in the middle", async () => {
    s3.server.faults.add({ kind: "status", method: "GET", status: 503, skip: 1 });
    expect(await keysBelow("many/")).toHaveLength(2005);
    expect(s3.sleeps).toHaveLength(1);
  });

  test("listObjects() gives size, date, ETag and storage class", async () => {
    await s3.client().putObject("facts/one", Buffer.from("12345"), { storageClass: "GLACIER" });
    for await (const object of s3.client().listObjects("facts/")) {
      expect(object).toMatchObject({ key: "facts/one", bytes: 5, etag: "827ccb0eea8a706c4c34a16891f84e7b", storageClass: "GLACIER" });
      expect(Math.abs(object.lastModified.getTime() - Date.now())).toBeLessThan(60_000);
    }
  });

  test("listObjects() reads keys of a server that does not URL-encode them", async () => {
    const client = serving("<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a+b &amp;amp; &#x1F600;%41</Key><Size>1</Size></Contents></ListBucketResult>");
    expect(await keysBelow("", client)).toEqual(["a+b &amp; 😀%41"]);
  });

  test.each([
    ["an HTML page", "<html>ok</html>"],
    ["half a listing", "<ListBucketResult><Contents><Key>a</Key><Size>1</Size></Contents>"],
    ["no token to continue", "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"],
    ["the same token for ever", "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>"],
    ["an entry without a size", "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>"],
  ])("listObjects() refuses %s with HF207 instead of ending early", async (_, xml) => {
    await expect(keysBelow("", serving(xml))).rejects.toMatchObject({ code: "HF207" });
  });

  test("listObjects() fails with HF201 for a missing bucket", async () => {
    await expect(keysBelow("", s3.client({}, { bucket: "absent" }))).rejects.toMatchObject({ code: "HF201" });
  });
});
