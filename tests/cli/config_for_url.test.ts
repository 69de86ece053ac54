import { describe, expect, it } from "vitest";
import { configForUrl } from "../../cli/config_for_url.ts";

describe("configForUrl()", () => {
  it("configForUrl() puts the URL in the place of the environment's", () => {
    expect(configForUrl({ HOLDFAST_DB_URL: "postgres://a/x" }, "postgres://b/x", "--to")).toMatchObject({ databaseUrl: "postgres://b/x" });
  });

  it.each(["", "mysql://root:hunter2@h/x", "hunter2"])("configForUrl() names where %j came from, and not what it is", (url) => {
    const task = () => configForUrl({ HOLDFAST_DB_URL: "postgres://a/x" }, url, "--to");
    expect(task).toThrow(expect.objectContaining({ code: "HF102", message: expect.stringMatching(/^--to is /) }));
    expect(task).toThrow(expect.objectContaining({ message: expect.not.stringContaining("hunter2") }));
  });
});
