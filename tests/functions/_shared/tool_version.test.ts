import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { TOOL_VERSION } from "../../../functions/_shared/tool_version.ts";
import { REPO_ROOT } from "../../../stack/repo_root.ts";

describe("TOOL_VERSION", () => {
  it("TOOL_VERSION is the version of package.json, since manifests are stamped with it", () => {
    const manifest: unknown = JSON.parse(readFileSync(join(REPO_ROOT, "package.json"), "utf8"));
    expect(manifest).toMatchObject({ version: TOOL_VERSION });
  });
  it("TOOL_VERSION is what backup.version() returns, since doctors compare the two", () => {
    expect(readFileSync(join(REPO_ROOT, "sql/functions/version.sql"), "utf8")).toContain(`as $$ select '${TOOL_VERSION}' $$;`);
  });
});
