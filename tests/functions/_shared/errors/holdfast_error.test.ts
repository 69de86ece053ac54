import { describe, expect, it } from "vitest";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";

describe("HoldfastError", () => {
  it("HoldfastError takes status and exit code from the catalogue", () => {
    const error = new HoldfastError("HF100", "Request is not valid");
    expect(error).toMatchObject({ name: "HoldfastError", code: "HF100", httpStatus: 422, exitCode: 2 });
    expect(error).toBeInstanceOf(Error);
  });

  it("HoldfastError serializes to the four fields of PostgREST and never to its cause", () => {
    const error = new HoldfastError("HF300", "Lost", { detail: "d", hint: "h", cause: new Error("password=hunter2") });
    expect(JSON.parse(JSON.stringify(error))).toEqual({ code: "HF300", message: "Lost", details: "d", hint: "h" });
    expect(JSON.parse(JSON.stringify(new HoldfastError("HF300", "Lost")))).toEqual({ code: "HF300", message: "Lost", details: null, hint: null });
  });

  it("HoldfastError keeps the cause, and has no cause property without one", () => {
    const cause = new Error("first");
    expect(new HoldfastError("HF300", "Lost", { cause }).cause).toBe(cause);
    expect("cause" in new HoldfastError("HF300", "Lost")).toBe(false);
  });
});
