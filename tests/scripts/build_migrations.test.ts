import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeDrift, INITIAL_MIGRATION } from "../../scripts/build_migrations.ts";

const REPOSITORY = join(import.meta.dirname, "../..");
const COMMAND = [join(REPOSITORY, "node_modules/tsx/dist/cli.mjs"), join(REPOSITORY, "scripts/build_migrations.ts")];

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "holdfast-build-"));
  mkdirSync(join(root, "sql/tables"), { recursive: true });
  writeFileSync(join(root, "sql/schema.sql"), "create schema backup;\n");
  writeFileSync(join(root, "sql/tables/runs.sql"), "create table backup.runs (run_id text primary key);\n");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const build = (...flags: string[]) => spawnSync(process.execPath, [...COMMAND, "--root", root, ...flags], { encoding: "utf8" });

describe("build_migrations", () => {
  it("build_migrations writes a file that --check accepts, and --check names the source of a change", () => {
    expect(build().status).toBe(0);
    const first = readFileSync(join(root, INITIAL_MIGRATION), "utf8");
    expect(build("--check")).toMatchObject({ status: 0 });

    writeFileSync(join(root, "sql/tables/runs.sql"), "create table backup.runs (run_id text primary key, rows bigint);\n");
    const drifted = build("--check");
    expect(drifted.status).toBe(1);
    expect(drifted.stderr).toContain('(below "-- sql/tables/runs.sql")');
    expect(drifted.stderr).toContain('Run "npm run build:migrations"');
    expect(readFileSync(join(root, INITIAL_MIGRATION), "utf8"), "--check writes nothing").toBe(first);
  });

  it("build_migrations --check fails where no migration was built", () => {
    expect(build("--check")).toMatchObject({ status: 1, stderr: expect.stringContaining("it does not exist") });
  });

  it("build_migrations --check passes on this repository", () => {
    expect(execFileSync(process.execPath, [...COMMAND, "--check"], { encoding: "utf8" })).toContain("is what sql/ builds");
  });
});

describe("describeDrift()", () => {
  it("describeDrift() sees text that was added at the end of the file on disk", () => {
    expect(describeDrift("a\nb\n", "a\n")).toBe("line 2 differs");
    expect(describeDrift("a\n", "a\n")).toBeUndefined();
  });
});
