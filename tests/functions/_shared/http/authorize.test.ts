import { describe, expect, it } from "vitest";
import { authorize, refuseStrangers, ticketClaimer, type AuthorizeOptions } from "../../../../functions/_shared/http/authorize.ts";

const TICKET = "6f1c2f5e-7d53-4c8e-9b43-1d2f3a4b5c6d";
const secretKeys = ["sb_secret_one", "sb_secret_two"];
const request = (headers: Record<string, string>, body?: string) =>
  new Request("http://localhost/verify-backup", { method: "POST", headers, ...(body === undefined ? {} : { body }) });
const options: AuthorizeOptions = { secretKeys, claimTicket: async (id, name) => ({ id, name }) };

describe("authorize()", () => {
  it.each([{ apikey: "sb_secret_two" }, { authorization: "Bearer sb_secret_one" }, { authorization: "bearer sb_secret_one" }])(
    "authorize() lets a secret key in with the body of the request: %o", async (headers) => {
      await expect(authorize(request(headers as Record<string, string>, '{"a":1}'), options, "f")).resolves.toEqual({ kind: "key", body: { a: 1 } });
    });

  it("authorize() lets a ticket in with its own body, not that of the request", async () => {
    const caller = await authorize(request({ "x-holdfast-ticket": TICKET, apikey: "sb_secret_one" }, '{"evil":1}'), options, "f");
    expect(caller).toEqual({ kind: "ticket", body: { id: TICKET, name: "f" } });
  });

  it("authorize() gives one and the same answer to every refusal", async () => {
    const refusals = await Promise.all([
      [{}, options], [{ apikey: "" }, options], [{ apikey: "sb_secret_on" }, options], [{ apikey: "sb_secret_one " + "x" }, options],
      [{ apikey: "sb_publishable_x" }, options], [{ authorization: "Bearer undefined" }, options], [{ apikey: "x" }, { secretKeys: [] }],
      [{ "x-holdfast-ticket": "1" }, options], [{ "x-holdfast-ticket": TICKET }, { secretKeys }],
      // A refused ticket is not given a second chance with a key.
      [{ "x-holdfast-ticket": TICKET, apikey: "sb_secret_one" }, { secretKeys, claimTicket: async () => { throw Object.assign(new Error("ticket is not valid"), { code: "HF101" }); } }],
    ].map(([headers, given]) => authorize(request(headers as Record<string, string>), given as AuthorizeOptions, "f").catch((error: unknown) => error)));
    expect(new Set(refusals.map((refusal) => JSON.stringify(refusal))).size).toBe(1);
    expect(refusals[0]).toMatchObject({ code: "HF101", httpStatus: 401 });
  });

  it("authorize() does not take an unreachable ledger for a forged ticket", async () => {
    const failing = { secretKeys, claimTicket: async () => { throw Object.assign(new Error("relation"), { code: "42P01" }); } };
    await expect(authorize(request({ "x-holdfast-ticket": TICKET }), failing, "f")).rejects.toMatchObject({ code: "42P01" });
  });

  it("authorize() does not read the body of a stranger", async () => {
    const stranger = request({ apikey: "wrong" }, "{ not json");
    await expect(authorize(stranger, options, "f")).rejects.toMatchObject({ code: "HF101" });
    expect(stranger.bodyUsed).toBe(false);
  });
});

describe("refuseStrangers()", () => {
  it("refuseStrangers() lets pass who may be somebody, and refuses others as authorize() does", async () => {
    for (const headers of [{ apikey: "sb_secret_two" }, { authorization: "Bearer sb_secret_one" }, { "x-holdfast-ticket": TICKET }]) {
      expect(() => refuseStrangers(request(headers as Record<string, string>), secretKeys), JSON.stringify(headers)).not.toThrow();
    }
    const refusal: unknown = await authorize(request({}), options, "f").catch((error: unknown) => error);
    for (const headers of [{}, { apikey: "" }, { apikey: "sb_secret_on" }, { "x-holdfast-ticket": "1" }, { "x-holdfast-ticket": "1", apikey: "sb_secret_one" }]) {
      expect(() => refuseStrangers(request(headers as Record<string, string>), secretKeys), JSON.stringify(headers)).toThrow(refusal as Error);
    }
  });
});

describe("ticketClaimer()", () => {
  it("ticketClaimer() claims for the named function and returns the ticket's body", async () => {
    const asked: unknown[] = [];
    const claim = ticketClaimer({ query: async (text, values) => { asked.push(text, values); return { rows: [{ body: { run: 1 } }] }; } });
    await expect(claim(TICKET, "verify-backup")).resolves.toEqual({ run: 1 });
    expect(asked).toEqual([expect.stringContaining("backup.claim_ticket($1, $2)"), [TICKET, "verify-backup"]]);
  });
});
