import { describe, expect, it } from "vitest";
import { HOLDFAST_MIGRATION } from "../../functions/_shared/prove/holdfast_migration.ts";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { INITIAL_MIGRATION } from "../../scripts/build_migrations.ts";
import { renderMigrationModule } from "../../scripts/render_migration_module.ts";
import { REPO_ROOT } from "../../stack/repo_root.ts";

describe("renderMigrationModule()", () => {
  it("renderMigrationModule() keeps backslashes, backticks and dollars", async () => {
    const text = "select '\\d+', $1, `x`, ${not a value}, E'\\n';\n";
    const url = `data:text/javascript,${encodeURIComponent(renderMigrationModule(text))}`;
    const { HOLDFAST_MIGRATION: loaded } = await import(/* @vite-ignore */ url) as { HOLDFAST_MIGRATION: string };
    expect(loaded).toBe(text);
  });

  it("renderMigrationModule() built the module of this repository from the migration", () => {
    expect(HOLDFAST_MIGRATION).toBe(readFileSync(join(REPO_ROOT, INITIAL_MIGRATION), "utf8"));
  });
});
