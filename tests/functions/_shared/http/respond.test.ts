import { describe, expect, it } from "vitest";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import { MethodNotAllowed } from "../../../../functions/_shared/http/check_method.ts";
import { respondError, respondJson, respondMarkdown } from "../../../../functions/_shared/http/respond.ts";

describe("respondError()", () => {
  it("respondError() answers with the status and shape of the catalogue", async () => {
    const response = respondError(new HoldfastError("HF101", "Not authorized", { hint: "Send a key." }), () => expect.unreachable());
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ code: "HF101", message: "Not authorized", details: null, hint: "Send a key." });
  });
  it("respondError() knows codes that SQL raised", async () => {
    const response = respondError(Object.assign(new Error("run is active"), { code: "HF002", detail: "d" }));
    expect([response.status, await response.json()]).toEqual([409, { code: "HF002", message: "run is active", details: "d", hint: null }]);
  });
  it("respondError() tells which methods would do", () => {
    const response = respondError(new MethodNotAllowed("PUT", ["GET", "POST"]));
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, POST"]);
  });
  it("respondError() tells the log and no caller where the database is that cannot be reached", async () => {
    const lines: string[] = [];
    const response = respondError(new HoldfastError("HF104", "Cannot connect to the database", { detail: "db.example.com:5432/postgres: timeout", hint: "Check it." }), (line) => lines.push(line));
    expect(await response.json()).toEqual({ code: "HF104", message: "Cannot connect to the database", details: null, hint: "Check it." });
    expect(lines).toEqual(["HF104: Cannot connect to the database: db.example.com:5432/postgres: timeout"]);
  });
  it("respondError() says nothing about a bug, neither to the caller nor its data to the log", async () => {
    const lines: string[] = [];
    const bug = Object.assign(new Error("invalid input syntax: hunter2"), { code: "22P02" });
    const response = respondError(bug, (line) => lines.push(line));
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ code: "XX000", details: null });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("22P02");
    expect(lines[0]).toContain("respond.test.ts");
    expect(lines[0]).not.toContain("hunter2");
  });
});

describe("respondJson() and respondMarkdown()", () => {
  it("respondJson() forbids caching", () => expect(respondJson(200, {}).headers.get("cache-control")).toBe("no-store"));
  it("respondMarkdown() says that it is Markdown", async () => {
    const response = respondMarkdown("# x");
    expect([response.headers.get("content-type"), await response.text()]).toEqual(["text/markdown; charset=utf-8", "# x"]);
  });
});
