import { expect, it } from "vitest";
import { openStorage } from "../../../../functions/_shared/verify/open_storage.ts";

const env = { HOLDFAST_S3_BUCKET: "backups", HOLDFAST_S3_ACCESS_KEY_ID: "id", HOLDFAST_S3_SECRET_ACCESS_KEY: "hunter2" };

it("openStorage() is off without S3 settings", () => expect(openStorage({})).toEqual({ state: "off" }));
it("openStorage() is ready with them", () => expect(openStorage(env).state).toBe("ready"));
it("openStorage() is invalid, not off, with half of them", () => {
  expect(openStorage({ ...env, HOLDFAST_S3_BUCKET: "" })).toEqual({ state: "invalid", reason: expect.stringMatching(/^HF200: .*HOLDFAST_S3_BUCKET/) });
});
