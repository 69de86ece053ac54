import { describe, expect, test } from "vitest";
import { failureDetail, isTransient, readFailure, toHoldfastError } from "../../../../functions/_shared/s3/s3_failure.ts";

const CONFIG = { endpoint: "http://localhost", region: "us-east-1", bucket: "b", accessKeyId: "k", secretAccessKey: "s", sessionToken: undefined, prefix: "", pathStyle: true };
const NOW = Date.UTC(2026, 0, 1, 12);
const failed = (status: number, code = "", headers: Record<string, string> = {}) =>
  readFailure(status, new Headers(headers), new TextEncoder().encode(code === "" ? "" : `<Error><Code>${code}</Code><Message>The m</Message><RequestId>R1</RequestId></Error>`), NOW);

describe("isTransient()", () => {
  test.each([[500, ""], [502, ""], [503, "SlowDown"], [504, ""], [429, ""], [400, "RequestTimeout"], [409, "OperationAborted"]])("isTransient() is true for %i %s", (status, code) => {
    expect(isTransient(failed(status, code))).toBe(true);
  });
  test.each([[400, "InvalidRequest"], [403, "AccessDenied"], [404, "NoSuchKey"], [412, "PreconditionFailed"], [501, "NotImplemented"], [507, ""], [503, "InsufficientCapacity"], [503, "GlacierExpeditedRetrievalNotAvailable"]])("isTransient() is false for %i %s", (status, code) => {
    expect(isTransient(failed(status, code))).toBe(false);
  });
});

describe("toHoldfastError()", () => {
  test.each([
    [403, "AccessDenied", "HF202"], [403, "InvalidObjectState", "HF603"], [503, "GlacierExpeditedRetrievalNotAvailable", "HF605"], [403, "", "HF202"], [401, "", "HF202"], [403, "SignatureDoesNotMatch", "HF202"], [400, "ExpiredToken", "HF202"],
    [404, "NoSuchBucket", "HF201"], [404, "NoSuchKey", "HF204"], [404, "", "HF204"], [403, "QuotaExceeded", "HF206"], [507, "", "HF206"], [400, "EntityTooLarge", "HF206"],
    [400, "BadDigest", "HF207"], [403, "RequestTimeTooSkewed", "HF208"], [301, "PermanentRedirect", "HF206"], [503, "SlowDown", "HF203"],
  ])("toHoldfastError() reads %i %s as %s", (status, code, expected) => {
    const error = toHoldfastError("do it", failed(status, code), CONFIG);
    expect(error.code).toBe(expected);
    expect(error.message).toMatch(/^Cannot do it: \S.*[^.]$/);
    expect(error.hint).toMatch(/\.$/);
  });

  test("toHoldfastError() tells a wrong clock from a wrong key where the answer has no body", () => {
    const error = toHoldfastError("do it", failed(403, "", { date: new Date(NOW - 1000_000).toUTCString() }), CONFIG);
    expect(error).toMatchObject({ code: "HF208", message: "Cannot do it: the local clock is 1000 s ahead of the server" });
  });
});

describe("readFailure()", () => {
  test("readFailure() reads Retry-After in seconds and as a date", () => {
    expect(failed(503, "", { "retry-after": "3" }).retryAfterMs).toBe(3000);
    expect(failed(503, "", { "retry-after": new Date(NOW + 9000).toUTCString() }).retryAfterMs).toBe(9000);
    expect(failed(503, "", { "retry-after": "soon" }).retryAfterMs).toBeUndefined();
  });

  test("failureDetail() gives status, code and request id", () => {
    expect(failureDetail(failed(403, "AccessDenied"))).toBe("Status 403, S3 error AccessDenied, request id R1.");
    expect(failureDetail(failed(500))).toBe("Status 500.");
  });
});
