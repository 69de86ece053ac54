import { describe, expect, it } from "vitest";
import { renderError } from "../../cli/render_error.ts";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";

const known = new HoldfastError("HF104", "Cannot connect", { detail: "h:1/x", hint: "Check the host." });

describe("renderError()", () => {
  it("renderError() says message, detail and hint on lines of their own", () => {
    expect(renderError(known, false)).toBe("error: Cannot connect (HF104)\ndetail: h:1/x\nhint: Check the host.\n");
  });
  it("renderError() says the same as one line of JSON", () => {
    expect(JSON.parse(renderError(known, true))).toEqual({ code: "HF104", message: "Cannot connect", details: "h:1/x", hint: "Check the host." });
    expect(renderError(known, true).match(/\n/g)).toHaveLength(1);
  });
  it("renderError() keeps messages about privileges and drops those that may quote a row", () => {
    expect(renderError(Object.assign(new Error("permission denied for table pets"), { code: "42501" }), false)).toContain("permission denied for table pets (42501)");
    const quoting = renderError(Object.assign(new Error("invalid input syntax: hunter2"), { code: "22P02" }), false);
    expect(quoting).toContain("22P02");
    expect(quoting).not.toContain("hunter2");
    expect(renderError("thrown text hunter2", true)).not.toContain("hunter2");
  });
});
