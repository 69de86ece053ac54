import { describe, expect, test } from "vitest";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import { parseS3Config } from "../../../../functions/_shared/s3/s3_config.ts";

const FULL = { HOLDFAST_S3_BUCKET: "backups", HOLDFAST_S3_ACCESS_KEY_ID: "AKIA", HOLDFAST_S3_SECRET_ACCESS_KEY: "s3cr3t/value+" };
const thrown = (env: Record<string, string | undefined>): HoldfastError => {
  try {
    parseS3Config(env);
  } catch (error) {
    if (error instanceof HoldfastError) return error;
  }
  return expect.unreachable("nothing was thrown");
};

describe("parseS3Config()", () => {
  test("parseS3Config() is null when nothing is set", () => {
    expect(parseS3Config({})).toBeNull();
    expect(parseS3Config({ HOLDFAST_S3_BUCKET: "", HOLDFAST_S3_REGION: " ", OTHER: "x" })).toBeNull();
  });

  test("parseS3Config() fills in AWS defaults", () => {
    expect(parseS3Config({ ...FULL, HOLDFAST_S3_REGION: "eu-west-1" })).toEqual({
      endpoint: "https://s3.eu-west-1.amazonaws.com", region: "eu-west-1", bucket: "backups", accessKeyId: "AKIA", secretAccessKey: "s3cr3t/value+", sessionToken: undefined, prefix: "holdfast", pathStyle: false,
    });
    expect(parseS3Config(FULL)?.region).toBe("us-east-1");
  });

  test("parseS3Config() uses path style with an endpoint unless told otherwise", () => {
    const env = { ...FULL, HOLDFAST_S3_ENDPOINT: "http://127.0.0.1:9000/", HOLDFAST_S3_PREFIX: "/a/b/", HOLDFAST_S3_SESSION_TOKEN: "t" };
    expect(parseS3Config(env)).toMatchObject({ endpoint: "http://127.0.0.1:9000", pathStyle: true, prefix: "a/b", sessionToken: "t" });
    expect(parseS3Config({ ...env, HOLDFAST_S3_PATH_STYLE: "false" })?.pathStyle).toBe(false);
  });

  test.each([["http://127.0.0.1:9000", true], ["http://localhost:9000", true], ["http://[::1]:9000", true], ["https://s3.example.com", true],
    ["http://s3.example.com", false], ["http://minio:9000", false], ["http://127.0.0.1.example.com", false], ["http://10.0.0.5", false]])(
    "parseS3Config() takes %s as an endpoint: %s, and http elsewhere only when told", (endpoint, taken) => {
      const env = { ...FULL, HOLDFAST_S3_ENDPOINT: endpoint };
      if (taken) expect(parseS3Config(env)).toMatchObject({ endpoint });
      else expect(thrown(env)).toMatchObject({ code: "HF200", message: expect.stringMatching(/HOLDFAST_S3_ENDPOINT must begin with https.*HOLDFAST_S3_ALLOW_HTTP/) });
      expect(parseS3Config({ ...env, HOLDFAST_S3_ALLOW_HTTP: "true" })).toMatchObject({ endpoint });
      if (!taken) expect(thrown({ ...env, HOLDFAST_S3_ALLOW_HTTP: "false" }).code).toBe("HF200");
    });

  test("parseS3Config() names every missing variable: HF200", () => {
    const error = thrown({ HOLDFAST_S3_BUCKET: "backups" });
    expect(error).toMatchObject({ code: "HF200", message: "Cannot use S3 as HOLDFAST_S3_ACCESS_KEY_ID, HOLDFAST_S3_SECRET_ACCESS_KEY are not set" });
  });

  test.each([
    ["HOLDFAST_S3_ENDPOINT", "not a url"],
    ["HOLDFAST_S3_ENDPOINT", "ftp://host"],
    ["HOLDFAST_S3_ENDPOINT", "https://host/bucket"],
    ["HOLDFAST_S3_ENDPOINT", "https://hidden:value@host"],
    ["HOLDFAST_S3_BUCKET", "has/slash"],
    ["HOLDFAST_S3_PREFIX", "a/../b"],
    ["HOLDFAST_S3_PATH_STYLE", "maybe"],
    ["HOLDFAST_S3_SECRET_ACCESS_KEY", "two words"],
  ])("parseS3Config() refuses a malformed %s without showing it: HF200", (name, value) => {
    const error = thrown({ ...FULL, [name]: value });
    expect(error.code).toBe("HF200");
    expect(error.message).toContain(name);
    for (const secret of [value, FULL.HOLDFAST_S3_SECRET_ACCESS_KEY]) expect(`${error.message} ${error.detail} ${error.hint}`).not.toContain(secret);
  });
});
