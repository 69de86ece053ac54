import { describe, expect, it } from "vitest";
import { beginDrill } from "../../../../functions/_shared/drill/begin_drill.ts";
import type { DrillContext } from "../../../../functions/_shared/drill/drill_context.ts";
import type { ClaimedStep } from "../../../../functions/_shared/drill/drill_ledger.ts";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";

const nothing = () => Promise.reject(new Error("nothing may be written"));
const context = (error: Error) => ({ backup: () => Promise.reject(error), connect: nothing }) as unknown as DrillContext;
const step = { step_no: 1, kind: "begin", claim_id: "c" } as ClaimedStep;

describe("beginDrill()", () => {
  it.each([["HF701", "Run holdfast drill --identity"], ["HF702", "HOLDFAST_DRILL_AGE_IDENTITY does not open the backup. age1x"], ["HF703", "Cannot be used."],
    ["HF209", "Edge Functions have not the memory for it: run holdfast drill"]] as const)(
    "beginDrill() skips a backup that functions cannot open (%s), and says why", async (code, words) => {
      const outcome = await beginDrill(context(new HoldfastError(code, "Cannot be used", { detail: "age1x", hint: "Do this." })), step);
      expect(outcome).toEqual({ skip: expect.stringContaining(words) });
    });

  it("beginDrill() skips a run that is archived before it makes anything", async () => {
    const s3 = {
      async *listObjects() { yield { key: "r/data/a", bytes: 1, storageClass: "GLACIER", etag: "", lastModified: new Date(0) }; },
      getObject: () => Promise.reject(new HoldfastError("HF603", "archived")),
    };
    const archived = { backup: () => Promise.resolve({ s3, prefix: "r/" }), connect: nothing } as unknown as DrillContext;
    expect(await beginDrill(archived, step)).toEqual({ skip: expect.stringContaining("holdfast drill --from <run> --thaw") });
  });

  it("beginDrill() fails on a backup that is damaged", async () => {
    await expect(beginDrill(context(new HoldfastError("HF501", "Object x is damaged")), step)).rejects.toMatchObject({ code: "HF501" });
  });

  it("beginDrill() leaves the scratch database alone that another worker has made by now: HF523", async () => {
    const s3 = { async *listObjects() {} };
    const late = { backup: () => Promise.resolve({ s3, prefix: "r/" }), connect: nothing, ledger: { renew: () => Promise.reject(new HoldfastError("HF523", "no longer held")) } } as unknown as DrillContext;
    await expect(beginDrill(late, step)).rejects.toMatchObject({ code: "HF523" });
  });
});
