import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseInput, readJson } from "../../../../functions/_shared/http/read_json.ts";

const post = (body?: BodyInit) => new Request("http://localhost/", { method: "POST", ...(body === undefined ? {} : { body }) });

describe("readJson()", () => {
  it("readJson() takes no body and white space for an empty object", async () => {
    expect(await readJson(post())).toEqual({});
    expect(await readJson(post(" \n"))).toEqual({});
  });
  it("readJson() reads JSON of several bytes per character", async () => {
    expect(await readJson(post('{"name":"Köln 🐕"}'))).toEqual({ name: "Köln 🐕" });
  });
  it("readJson() rejects what is not JSON with HF100", async () => {
    await expect(readJson(post("{"))).rejects.toMatchObject({ code: "HF100" });
  });
  it("readJson() stops at the limit, whatever the sender announced", async () => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({ pull(controller) { sent += 1000; controller.enqueue(new Uint8Array(1000)); } });
    const request = new Request("http://localhost/", { method: "POST", body, duplex: "half" } as RequestInit);
    await expect(readJson(request, 4000)).rejects.toMatchObject({ code: "HF100", message: "Request body is too large" });
    expect(sent).toBeLessThan(20_000);
  });
});

describe("parseInput()", () => {
  it("parseInput() returns what the schema makes of it", () => {
    expect(parseInput(z.object({ n: z.coerce.number() }), { n: "4" })).toEqual({ n: 4 });
  });
  it("parseInput() names the fields with HF100", () => {
    expect(() => parseInput(z.strictObject({ n: z.number() }), { n: "x", m: 1 })).toThrow(
      expect.objectContaining({ code: "HF100", detail: expect.stringMatching(/n: .*; body: .*"m"/) }));
  });
});
