import { describe, expect, it } from "vitest";
import { callFunction } from "../../../../cli/doctor/functions/call_function.ts";
import { DoctorSession } from "../../../../cli/doctor/doctor_session.ts";

const sessionWith = (fetch: typeof globalThis.fetch) => {
  const session = new DoctorSession({ env: {}, databaseUrl: () => "", fetch });
  session.functionsUrl = "http://functions.test/v1";
  return session;
};

describe("callFunction()", () => {
  it("callFunction() calls below the address, follows no redirect, and reads a code where there is one", async () => {
    const asked: unknown[] = [];
    const session = sessionWith((url, init) => {
      asked.push([url, init?.redirect, init?.method]);
      return Promise.resolve(Response.json({ code: "HF101" }, { status: 401 }));
    });
    expect(await callFunction(session, "run-doctor", { method: "POST" })).toEqual({ status: 401, code: "HF101", body: { code: "HF101" } });
    expect(asked).toEqual([["http://functions.test/v1/run-doctor", "manual", "POST"]]);
  });

  it("callFunction() takes no text for a code that could hold anything", async () => {
    for (const body of ["<html>", JSON.stringify({ code: "a secret: x" }), "[]"]) {
      expect(await callFunction(sessionWith(() => Promise.resolve(new Response(body, { status: 500 }))), "x", {})).toMatchObject({ status: 500, code: null });
    }
    expect(await callFunction(sessionWith(() => Promise.resolve(Response.json({ code: 401 }))), "x", {})).toMatchObject({ code: "401" });
  });

  it("callFunction() says why nothing answered", async () => {
    await expect(callFunction(sessionWith(() => Promise.reject(new TypeError("fetch failed", { cause: Object.assign(new Error(), { code: "ENOTFOUND" }) }))), "x", {}))
      .rejects.toMatchObject({ code: "HF203", detail: "ENOTFOUND" });
    await expect(callFunction(sessionWith((_, init) => new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)))), "x", {}, 20))
      .rejects.toMatchObject({ detail: "no answer within 0.02 s" });
  });
});
