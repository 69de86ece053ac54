import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { REPO_ROOT } from "../../stack/repo_root.ts";

it.each([[["--bogus"]], [["--only", "nonsense"]], [["--size=-3", "--only", "dump"]]])("bench ends with 2 and no stack trace for %j", (given) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", join(REPO_ROOT, "scripts/bench.ts"), ...given], { encoding: "utf8" });
  expect({ status, stdout, trace: stderr.includes("    at ") }).toEqual({ status: 2, stdout: "", trace: false });
  expect(stderr.trim()).not.toBe("");
});
