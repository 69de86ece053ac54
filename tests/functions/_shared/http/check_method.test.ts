import { expect, it } from "vitest";
import { checkMethod } from "../../../../functions/_shared/http/check_method.ts";

it("checkMethod() lets listed methods pass and refuses others with HF103", () => {
  expect(() => checkMethod(new Request("http://x/", { method: "POST" }), ["POST"])).not.toThrow();
  expect(() => checkMethod(new Request("http://x/"), ["POST", "PUT"])).toThrow(expect.objectContaining({ code: "HF103", allow: "POST, PUT" }));
});
