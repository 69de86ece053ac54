import { expect, it } from "vitest";
import { loadAge } from "../../../../functions/_shared/encryption/age_library.ts";

it("loadAge() loads the library once", async () => {
  expect(await loadAge()).toBe(await loadAge());
  expect((await loadAge()).Encrypter).toBeTypeOf("function");
});
