import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestS3, type TestS3 } from "../../../stack/s3/start_test_s3.ts";

describe("listFolders()", () => {
  let s3: TestS3;
  beforeAll(async () => void (s3 = await startTestS3()));
  afterAll(() => s3.stop());

  async function collect(prefix: string): Promise<string[]> {
    const found: string[] = [];
    for await (const folder of s3.client().listFolders(prefix)) found.push(folder);
    return found;
  }

  it("listFolders() lists folders and neither objects nor what is deeper, across pages and odd names", async () => {
    const client = s3.client();
    await client.putObject("f/top", Buffer.from("x"));
    await client.putObject("f/a b&c/1/2/3", Buffer.from("x"));
    await Promise.all(Array.from({ length: 1100 }, (_, n) => client.putObject(`f/n${n}/x`, new Uint8Array(), { verify: false })));
    const folders = await collect("f/");
    expect(folders.length).toBe(1101);
    expect(folders).toContain("f/a b&c/");
    expect(new Set(folders).size).toBe(1101);
    expect(await collect("nothing/")).toEqual([]);
  });

  it.each([
    ["an entry without a name", "<IsTruncated>false</IsTruncated><CommonPrefixes></CommonPrefixes>"], ["no word on where to continue", "<IsTruncated>true</IsTruncated>"],
  ])("listFolders() throws HF207 for a listing with %s, rather than to end early", async (_what, inside) => {
    const client = s3.client({ fetch: () => Promise.resolve(new Response(`<?xml version="1.0"?><ListBucketResult>${inside}</ListBucketResult>`, { status: 200 })), retries: 0 });
    await expect((async () => { for await (const _ of client.listFolders("x/")); })()).rejects.toMatchObject({ code: "HF207" });
  });

  it("listFolders() throws HF207 for an answer that is no listing", async () => {
    const client = s3.client({ fetch: () => Promise.resolve(new Response("<html>", { status: 200 })), retries: 0 });
    await expect((async () => { for await (const _ of client.listFolders("x/")); })()).rejects.toMatchObject({ code: "HF207" });
  });
});
