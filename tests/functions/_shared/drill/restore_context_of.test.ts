import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DrillContext } from "../../../../functions/_shared/drill/drill_context.ts";
import { DRILL_OPTIONS, plannedTables, restoreContextOf, scratchTarget } from "../../../../functions/_shared/drill/restore_context_of.ts";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import type { ManifestTable } from "../../../../functions/_shared/export/manifest.ts";
import { inspectTarget } from "../../../../functions/_shared/restore/target.ts";
import { manifestOf, memoryBackup, memoryStorage } from "../../../support/memory_backup.ts";
import { createRestoreTarget, type RestoreTarget } from "../../../support/restore_world.ts";

const table = (schema: string, name: string): ManifestTable =>
  ({ schema, name, columns: [], fingerprint: "0".repeat(16), fingerprint_expression: "1", rows: 1, raw_bytes: 1, stored_bytes: 1, chunks: [] });
const backup = memoryBackup(memoryStorage(), manifestOf({ tables: [table("a", "b.c"), table("a.b", "c"), table("a", "left_out"), table("a", "z")] }));

let scratch: RestoreTarget;
beforeAll(async () => {
  scratch = await createRestoreTarget();
});
afterAll(() => scratch.close());

/** The context of a drill whose planning step has left this behind. */
function context(planned: unknown[], change: Partial<DrillContext> = {}): { drill: DrillContext; asked: string[] } {
  const asked: string[] = [];
  const drill = {
    ledger: { results: (kind: string) => {
      asked.push(kind);
      return Promise.resolve(planned);
    } },
    backup: () => Promise.resolve(backup), scratch: () => Promise.resolve(scratch.client), connectScratch: (name: string) => scratch.connect(name), ...change,
  } as unknown as DrillContext;
  return { drill, asked };
}
const plan = (...tables: [string, string][]) => [{ tables: tables.map(([schema, name]) => ({ schema, name })), left_out: [] }];

describe("scratchTarget()", () => {
  it("scratchTarget() calls no schema of a scratch database somebody else's, and knows everything else about it", async () => {
    const found = await inspectTarget(scratch.client, ["citext"]);
    expect(found.platformSchemas).toContain("auth");
    expect(await scratchTarget(scratch.client, ["citext"])).toEqual({ ...found, platformSchemas: [] });
    expect((await scratchTarget(scratch.client)).creatableExtensions).toEqual(new Set());
    expect(found.creatableExtensions).toEqual(new Set(["citext"]));
  });
});

describe("plannedTables()", () => {
  it("plannedTables() returns what the planning step has chosen, as the manifest has it, and takes no name for another", async () => {
    const { drill, asked } = context(plan(["a", "z"], ["a", "b.c"]));
    expect(await plannedTables(drill)).toEqual([table("a", "b.c"), table("a", "z")]);
    expect(asked).toEqual(["plan_before"]);
    expect(await plannedTables(context(plan(["a.b", "c"])).drill)).toEqual([table("a.b", "c")]);
  });

  it("plannedTables() has none before the planning step, and none for what the manifest does not list", async () => {
    expect(await plannedTables(context([]).drill)).toEqual([]);
    expect(await plannedTables(context(plan(["a", "unheard_of"])).drill)).toEqual([]);
  });

  it("plannedTables() passes on that the backup cannot be opened", async () => {
    const { drill } = context(plan(["a", "z"]), { backup: () => Promise.reject(new HoldfastError("HF701", "The backup is encrypted")) });
    await expect(plannedTables(drill)).rejects.toMatchObject({ code: "HF701" });
  });
});

describe("restoreContextOf()", () => {
  it("restoreContextOf() restores and proves everything, and one damaged object ends it", () => {
    expect(DRILL_OPTIONS).toMatchObject({ only: null, dataOnly: false, schemaOnly: false, skipDamaged: false, prove: true });
  });

  it("restoreContextOf() works with the scratch database, the tables that were planned, and a list of its own", async () => {
    const { drill } = context(plan(["a", "z"]));
    const [one, other] = [await restoreContextOf(drill), await restoreContextOf(drill)];
    expect(one).toMatchObject({ backup, client: scratch.client, options: DRILL_OPTIONS, tables: [table("a", "z")], leftOut: [] });
    expect(one.target).toEqual(await scratchTarget(scratch.client));
    one.leftOut.push({ reason: "role", subject: "x", message: "y" });
    expect(other.leftOut).toEqual([]);
    expect(() => one.onProgress(1, 2, "x")).not.toThrow();
    const session = await one.connect("holdfast other");
    expect((await session.query("select current_database() as name, current_setting('application_name') as application")).rows).toEqual([{ name: scratch.database.name, application: "holdfast other" }]);
  });
});
