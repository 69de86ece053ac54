import { describe, expect, it } from "vitest";
import { callLedger } from "../../../../functions/_shared/database/call_ledger.ts";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";

describe("callLedger()", () => {
  it("callLedger() hands statement and values on and gives the rows", async () => {
    const asked: unknown[] = [];
    const database = { query: async (...call: unknown[]) => (asked.push(call), { rows: [{ n: 1 }] }) };
    expect(await callLedger<{ n: number }>(database, "select $1 as n", [1])).toEqual([{ n: 1 }]);
    await callLedger(database, "select 2");
    expect(asked).toEqual([["select $1 as n", [1]], ["select 2", []]]);
  });

  it("callLedger() names what SQL raises with a code of the catalogue, and leaves other errors as they are", async () => {
    const failing = (error: unknown) => callLedger({ query: () => Promise.reject(error) }, "select 1");
    const raised = Object.assign(new Error("m"), { code: "HF004", hint: "h" });
    const known: unknown = await failing(raised).catch((error: unknown) => error);
    expect(known).toBeInstanceOf(HoldfastError);
    expect(known).toMatchObject({ code: "HF004", message: "m", hint: "h", cause: raised });
    const other = new Error("Connection terminated");
    await expect(failing(other)).rejects.toBe(other);
  });
});
