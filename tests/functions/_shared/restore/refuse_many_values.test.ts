import { expect, it } from "vitest";
import { refuseManyValues } from "../../../../functions/_shared/restore/refuse_many_values.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

it("refuseManyValues() counts members and elements, and names the object with too many", () => {
  expect(() => refuseManyValues(bytes('{"a":[1,2,3],"b":{}}'), 6, "r/x.json")).not.toThrow();
  expect(() => refuseManyValues(bytes('{"a":[1,2,3],"b":{}}'), 5, "r/x.json")).toThrow(expect.objectContaining({ code: "HF209", message: expect.stringContaining('"r/x.json"') }));
  expect(() => refuseManyValues(new Uint8Array(), 0, "r/x.json")).not.toThrow();
});
