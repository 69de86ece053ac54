import { describe, expect, test } from "vitest";
import { demand, limitsOf, request, type S3Session } from "../../../../functions/_shared/s3/s3_session.ts";
import { createS3Transport } from "../../../../functions/_shared/s3/s3_transport.ts";

const CONFIG = { endpoint: "http://localhost", region: "us-east-1", bucket: "b", accessKeyId: "k", secretAccessKey: "s", sessionToken: undefined, prefix: "", pathStyle: true };
const clock = { now: () => Date.now(), sleep: async () => {} };

function sessionAnswering(...statuses: number[]): S3Session {
  const answer = async (): Promise<Response> => new Response("", { status: statuses.shift() ?? 500 });
  return { config: CONFIG, transport: createS3Transport(CONFIG, { fetch: answer, clock }), policy: { attempts: 2, deadlineMs: 1000, baseDelayMs: 1, maxDelayMs: 1, clock, random: () => 0 }, timeoutMs: 500, lacksConditionalPut: false, wantsContentMd5: false };
}
const CALL = { method: "GET", key: "a", action: "read" } as const;

describe("request()", () => {
  test("request() hands a refusal to its caller after retrying what may pass", async () => {
    expect((await request(sessionAnswering(503, 404), CALL, {})).failure?.status).toBe(404);
  });
});

describe("demand()", () => {
  test("demand() throws a refusal", async () => {
    await expect(demand(sessionAnswering(404), CALL, {})).rejects.toMatchObject({ code: "HF204" });
    expect((await demand(sessionAnswering(200), CALL, {})).status).toBe(200);
  });
});

describe("limitsOf()", () => {
  test("limitsOf() ends an attempt with the deadline of the call", () => {
    expect(limitsOf(sessionAnswering(), 200, undefined).timeoutMs).toBe(200);
    expect(limitsOf(sessionAnswering(), 9000, undefined).timeoutMs).toBe(500);
    expect(limitsOf(sessionAnswering(), -5, undefined).timeoutMs).toBe(1);
  });
});
