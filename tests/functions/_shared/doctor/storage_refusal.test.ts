import { describe, expect, it } from "vitest";
import { StorageContext } from "../../../../functions/_shared/doctor/storage_context.ts";
import { allow, refused } from "../../../../functions/_shared/doctor/storage_refusal.ts";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";

const context = (prefix: string) => new StorageContext({ where: "machine", wants: () => Promise.resolve(null),
  env: { HOLDFAST_S3_BUCKET: "backups", HOLDFAST_S3_ACCESS_KEY_ID: "id", HOLDFAST_S3_SECRET_ACCESS_KEY: "secret", HOLDFAST_S3_PREFIX: prefix } });

describe("allow()", () => {
  it("allow() names the objects below the prefix", () => {
    expect(allow(context("a/b"), "s3:GetObject", "s3:PutObject")).toBe("Allow the key s3:GetObject and s3:PutObject on arn:aws:s3:::backups/a/b/*; the whole policy is in docs/security.md.");
  });
});

describe("refused()", () => {
  it("refused() fails what is denied, doubts what may pass, and hides no bug", () => {
    const of = (code: "HF202" | "HF203" | "HF206") => refused(context("p"), new HoldfastError(code, "No", { detail: "Status 403.", hint: "Hint." }), "s3:PutObject");
    expect(of("HF202")).toEqual({ verdict: "failed", seen: "No. Status 403.", fix: expect.stringContaining("Allow the key s3:PutObject on") });
    expect(of("HF203")).toEqual({ verdict: "inconclusive", seen: "No. Status 403.", fix: "Hint." });
    expect(of("HF206")).toMatchObject({ verdict: "failed", fix: "Hint." });
    expect(() => refused(context("p"), new TypeError("bug"), "x")).toThrow(TypeError);
  });
});
