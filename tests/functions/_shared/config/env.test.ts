import { expect, it } from "vitest";
import { readEnv } from "../../../../functions/_shared/config/env.ts";

it("readEnv() gives the environment of this runtime", () => {
  expect(readEnv()["PATH"]).toBe(process.env["PATH"]);
});

it("readEnv() gives a copy that cannot change the environment", () => {
  Object.assign(readEnv(), { HOLDFAST_NEVER_SET: "x" });
  expect(process.env["HOLDFAST_NEVER_SET"]).toBeUndefined();
});
