import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { rejectedRows } from "../../../../functions/_shared/database/copy_in_rejection.ts";

const error = (fields: object): Error => Object.assign(new Error('invalid input: "secret"'), { severity: "ERROR", detail: "Key (a)=(secret)", ...fields });

describe("rejectedRows()", () => {
  it("rejectedRows() names state, line, column and constraint and nothing the server said about values", () => {
    const rejected = rejectedRows(error({ code: "23505", where: 'COPY orders, line 17, column a: "secret, line 99"', column: "a", constraint: "orders_pkey" }), "table public.orders");
    expect(rejected).toMatchObject({
      code: "HF505", message: "Cannot load table public.orders",
      detail: "key exists already (SQLSTATE 23505), line 17, column a, constraint orders_pkey.", cause: { code: "23505" },
    });
    expect(inspect(rejected, { depth: 9 })).not.toContain("secret");
  });

  it("rejectedRows() takes a line only from the context of a copy", () => {
    expect(rejectedRows(error({ code: "P0001", where: "PL/pgSQL function f() line 3 at RAISE\nCOPY t, line 5: \"secret\"" }), "t").detail)
      .toBe("rejected by the server (SQLSTATE P0001).");
  });

  it("rejectedRows() says what to do about a full disk and a missing right", () => {
    expect(rejectedRows(error({ code: "53100" }), "t").hint).toContain("Make room");
    expect(rejectedRows(error({ code: "42501" }), "t").hint).toContain("role that may insert");
  });
});
