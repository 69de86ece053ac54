import { describe, expect, it } from "vitest";
import type { ManifestTable } from "../../../../functions/_shared/export/manifest.ts";
import { phasesOf, type RestoreRequest, withoutSkipped } from "../../../../functions/_shared/restore/prepare_restore.ts";
import type { RestoreOptions } from "../../../../functions/_shared/restore/restore_context.ts";
import type { RestoreState } from "../../../../functions/_shared/restore/restore_state.ts";

const OPTIONS: RestoreRequest["options"] = { dataOnly: false, schemaOnly: false, skipDamaged: false, prove: false, workers: 2 };

describe("phasesOf()", () => {
  const all: RestoreOptions = { ...OPTIONS, prove: true, only: null };
  it.each<[string, Partial<RestoreOptions>, string]>([
    ["everything", {}, "check install roles schema_before data sequences schema_after cron_jobs analyze prove"],
    ["everything without a proof", { prove: false }, "check install roles schema_before data sequences schema_after cron_jobs analyze"],
    ["a part", { only: [{ schema: "shop", name: null }] }, "check schema_before data sequences schema_after analyze prove"],
    ["the schema", { schemaOnly: true }, "check roles schema_before schema_after prove"],
    ["rows", { dataOnly: true }, "check data sequences analyze prove"],
  ])("phasesOf() of %s", (_what, change, expected) => expect(phasesOf({ ...all, ...change }).join(" ")).toBe(expected));
});

describe("withoutSkipped()", () => {
  it("withoutSkipped() leaves out what the first call has left out, and nothing of a restore that begins", () => {
    const tables = ["orders", "other"].map((name) => ({ schema: "shop", name }) as ManifestTable);
    const begun = { options: { skipped: ["shop.orders"] } } as unknown as RestoreState;
    expect(withoutSkipped([...tables], begun)).toEqual(tables.slice(1));
    expect(withoutSkipped([...tables], null)).toEqual(tables);
  });
});
