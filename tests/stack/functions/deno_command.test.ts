import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { denoEnv, denoRunArgs, findDeno, listFunctions, warmModuleCache } from "../../../stack/functions/deno_command.ts";
import { REPO_ROOT } from "../../../stack/repo_root.ts";

const FIXTURES = join(REPO_ROOT, "tests", "fixtures", "functions");

it("findDeno() finds the version the platform runs", () => {
  expect(execFileSync(findDeno(), ["--version"], { encoding: "utf8" })).toContain("deno 2.1.4");
});

it("denoRunArgs() allows no subprocess, no ffi and no download", () => {
  const args = denoRunArgs(FIXTURES);
  expect(args).toContain("--cached-only");
  expect(args.filter((arg) => /^(-A|--allow-(all|run|ffi|import))/.test(arg))).toEqual([]);
  expect(args.filter((arg) => arg.startsWith("--allow-write"))).toEqual(["--allow-write=/tmp"]);
});

it("denoEnv() holds only variables the runner removes again", () => {
  expect(Object.keys(denoEnv()).every((name) => name.startsWith("DENO_"))).toBe(true);
});

it("listFunctions() lists folders with an index.ts and leaves shared code out", () => {
  expect(listFunctions(FIXTURES)).toContain("echo");
  expect(listFunctions(join(REPO_ROOT, "functions"))).not.toContain("_shared");
  expect(listFunctions(join(FIXTURES, "nowhere"))).toEqual([]);
});

it("warmModuleCache() reports a function that cannot be prepared and carries on", async () => {
  const lines: string[] = [];
  await warmModuleCache(findDeno(), FIXTURES, ["echo"], (line) => lines.push(line));
  expect(lines).toEqual([]);
  await warmModuleCache(findDeno(), FIXTURES, ["missing"], (line) => lines.push(line));
  expect(lines).toHaveLength(1);
});
