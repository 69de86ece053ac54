import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { REPO_ROOT } from "../../stack/repo_root.ts";

it.each([["", "empty"], ["mysql://root:hunter2@h/x", "not a PostgreSQL URL"]])("demo refuses --database-url %j before it starts anything, with its code", (url, why) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", join(REPO_ROOT, "scripts/demo.ts"), "--database-url", url], { encoding: "utf8" });
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(new RegExp(`^error: --database-url is ${why} \\(HF102\\)`));
  expect(stderr).not.toContain("hunter2");
});
