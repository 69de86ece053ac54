import { describe, expect, it } from "vitest";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import { mayPass } from "../../../../functions/_shared/errors/may_pass.ts";

const serverError = (code: string) => Object.assign(new Error("x"), { code });

describe("mayPass()", () => {
  it.each(["08006", "40001", "40P01", "53100", "55P03", "57014", "57P01"])("mayPass() lets SQLSTATE %s be tried again", (code) => {
    expect(mayPass(serverError(code))).toBe(true);
  });
  it.each(["23505", "42P01", "42501", "22P02"])("mayPass() knows that SQLSTATE %s stays", (code) => {
    expect(mayPass(serverError(code))).toBe(false);
  });
  it("mayPass() tells storage that is away from storage that refuses or has lost an object", () => {
    expect(mayPass(new HoldfastError("HF203", "x"))).toBe(true);
    for (const code of ["HF206", "HF204", "HF501", "HF505"] as const) expect(mayPass(new HoldfastError(code, "x"))).toBe(false);
    expect(mayPass(new TypeError("x"))).toBe(false);
  });
});
