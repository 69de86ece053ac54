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

const BODY = new Uint8Array(400_000).map((_, index) => (index * 7) % 256);
const drain = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Buffer> => Buffer.from(await new Response(stream).arrayBuffer());
const store = async (key: string): Promise<void> => {
  await s3.client().putObject(key, BODY);
};

describe("getObject()", () => {
  test("getObject() tries again when the answer is cut off", async () => {
    await store("cut");
    s3.server.faults.add({ kind: "cut_response", method: "GET", times: 2 });
    expect(Buffer.compare(await s3.client().getObject("cut"), BODY)).toBe(0);
    expect(s3.sleeps).toHaveLength(2);
  });

  test("getObject() never returns half an object", async () => {
    await store("cut-always");
    s3.server.faults.add({ kind: "cut_response", method: "GET", times: 0 });
    await expect(s3.client({ retries: 2 }).getObject("cut-always")).rejects.toMatchObject({ code: expect.stringMatching(/^HF20[37]$/) });
  });

  test("getObject() finds a flipped bit: HF207", async () => {
    s3.server.faults.add({ kind: "corrupt", method: "PUT" });
    await store("corrupt");
    await expect(s3.client({ retries: 1 }).getObject("corrupt")).rejects.toMatchObject({ code: "HF207", message: 'Cannot get object "corrupt": its bytes are damaged' });
  });

  test("getObject() fails with HF204 without a retry when the object is missing", async () => {
    await expect(s3.client().getObject("missing")).rejects.toMatchObject({ code: "HF204", detail: expect.stringContaining("NoSuchKey") });
    expect(s3.sleeps).toEqual([]);
  });

  test("getObject() refuses an object longer than allowed at once: HF209", async () => {
    await store("long");
    await expect(s3.client().getObject("long", { maxBytes: BODY.length - 1 })).rejects.toMatchObject({ code: "HF209", message: 'Cannot get object "long": it is longer than expected' });
    expect(s3.sleeps).toEqual([]);
    expect(await s3.client().getObject("long", { maxBytes: BODY.length })).toHaveLength(BODY.length);
  });

  test("getObject() does not take the whole for the range asked for: HF206", async () => {
    await store("ignored");
    const client = s3.client({ fetch: (input, init) => {
      const headers = new Headers(init?.headers);
      headers.delete("range");
      return fetch(input, { ...init, headers });
    } });
    await expect(client.getObject("ignored", { range: { first: 10, last: 19 } })).rejects.toMatchObject({ code: "HF206", message: expect.stringContaining("ignored the range") });
  });

  test("getObject() returns the range asked for", async () => {
    await store("range");
    expect(Buffer.compare(await s3.client().getObject("range", { range: { first: 100, last: 199 } }), BODY.subarray(100, 200))).toBe(0);
    expect(Buffer.compare(await s3.client().getObject("range", { range: { first: BODY.length - 5 } }), BODY.subarray(-5))).toBe(0);
    await expect(s3.client().getObject("range", { range: { first: BODY.length } })).rejects.toMatchObject({ code: "HF206" });
  });
});

describe("getObjectStream()", () => {
  test("getObjectStream() gives the headers and all bytes", async () => {
    await store("stream");
    const { object, stream } = await s3.client().getObjectStream("stream");
    expect(object).toMatchObject({ bytes: BODY.length, key: "stream" });
    expect(Buffer.compare(await drain(stream), BODY)).toBe(0);
  });

  test("getObjectStream() resumes where the connection broke", async () => {
    await store("resume");
    s3.server.faults.add({ kind: "cut_response", method: "GET", times: 3 });
    const { stream } = await s3.client().getObjectStream("resume");
    expect(Buffer.compare(await drain(stream), BODY)).toBe(0);
    expect(s3.server.faults.list()[0]?.hits).toBe(3);
  });

  test("getObjectStream() does not mix two versions of an object", async () => {
    await store("changed");
    s3.server.faults.add({ kind: "cut_response", method: "GET" });
    const { stream } = await s3.client().getObjectStream("changed");
    await s3.client().putObject("changed", new Uint8Array(BODY.length), { ifNoneMatch: false });
    await expect(drain(stream)).rejects.toMatchObject({ code: "HF206", detail: expect.stringContaining("412") });
  });

  test("getObjectStream() errors with HF207 when the bytes never all come", async () => {
    await store("never");
    s3.server.faults.add({ kind: "cut_response", method: "GET", times: 0 });
    const { stream } = await s3.client({ retries: 2 }).getObjectStream("never");
    await expect(drain(stream)).rejects.toMatchObject({ code: "HF207", detail: expect.stringMatching(/Received \d+ of 400000 bytes in 3 attempts/) });
  });

  test("getObjectStream() notices a server that stalls", async () => {
    await store("stall");
    s3.server.faults.add({ kind: "slow", method: "GET", bytesPerSecond: 50_000 });
    const { stream } = await s3.client({ timeoutMs: 300 }).getObjectStream("stall");
    expect(Buffer.compare(await drain(stream), BODY)).toBe(0);
  });

  test("getObjectStream() fails with HF204 before the first byte when the object is missing", async () => {
    await expect(s3.client().getObjectStream("missing")).rejects.toMatchObject({ code: "HF204" });
  });
});
