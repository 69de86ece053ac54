import { describe, expect, test } from "vitest";
import { encodeRfc3986, objectUrl } from "../../../../functions/_shared/s3/object_url.ts";

const CONFIG = { endpoint: "http://localhost:9000", region: "us-east-1", bucket: "b", accessKeyId: "k", secretAccessKey: "s", sessionToken: undefined, prefix: "", pathStyle: true };

describe("objectUrl()", () => {
  test("objectUrl() encodes every reserved character and keeps slashes", () => {
    expect(objectUrl(CONFIG, "a b/+%41'()*!?#&=ü/")).toBe("http://localhost:9000/b/a%20b/%2B%2541%27%28%29%2A%21%3F%23%26%3D%C3%BC/");
    expect(encodeRfc3986("a~b-c_d.e/")).toBe("a~b-c_d.e%2F");
  });

  test("objectUrl() yields what URL parsers leave alone", () => {
    for (const key of ["a//b", "/lead", "..a/b..", "a\\b", "tab\t", "%2e%2e/x", "trailing/"]) {
      const url = objectUrl(CONFIG, key);
      expect(new URL(url).href).toBe(url);
      expect(decodeURIComponent(new URL(url).pathname.slice("/b/".length))).toBe(key);
    }
  });

  test("objectUrl() puts the bucket into the host without path style", () => {
    expect(objectUrl({ ...CONFIG, pathStyle: false }, "k", { "list-type": "2", prefix: "a b" })).toBe("http://b.localhost:9000/k?list-type=2&prefix=a%20b");
    expect(objectUrl(CONFIG, null)).toBe("http://localhost:9000/b/");
  });

  test.each(["", "..", "a/../b", "./a", "a/.", "x".repeat(1025), "ü".repeat(513), "\ud800"])("objectUrl() refuses a key that no URL can name: HF206", (key) => {
    expect(() => objectUrl(CONFIG, key)).toThrow(expect.objectContaining({ code: "HF206" }));
  });
});
