import { describe, expect, it } from "vitest";
import { buildFactBase, serializeSnapshot } from "@supabase/pg-delta/core";
import { gzipSync } from "node:zlib";
import { createHash } from "node:crypto";
import type { DrillContext } from "../../../../functions/_shared/drill/drill_context.ts";
import { FUNCTION_READS } from "../../../../functions/_shared/restore/read_limits.ts";
import { planBefore } from "../../../../functions/_shared/drill/plan_drill.ts";

/** A backup with nothing but a schema of so many schemas. */
function contextOf(facts: number): DrillContext {
  const base = buildFactBase(Array.from({ length: facts }, (_, n) => ({ id: { kind: "schema", name: `s${n}` } as const, payload: {} })), [], "snapshot");
  const bytes = new Uint8Array(gzipSync(serializeSnapshot(base, { pgVersion: "17" })));
  const object = { content: "schema.json", key: "schema.json.gz", sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length };
  return {
    backup: async () => ({ prefix: "p/", manifest: { run_id: "r", objects: [object], tables: [] }, s3: { getObject: async () => bytes } }),
    scratch: () => Promise.reject(new Error("the scratch database was asked for")),
  } as unknown as DrillContext;
}

describe("planBefore()", () => {
  it("planBefore() does not begin with a schema that takes more CPU time than a function has, and says what can be done", async () => {
    expect(await planBefore(contextOf(3001))).toEqual({ skip: expect.stringMatching(/^The schema has 3001 objects .*Run holdfast drill/) });
    await expect(planBefore(contextOf(3000))).rejects.toThrow("the scratch database was asked for");
  });

  it("planBefore() does not begin where the schema or rows of one object take more memory than a function has", async () => {
    const context = contextOf(100);
    const backup = await context.backup();
    const limited = (limits: object, tables: object[] = []) => planBefore({ ...context, backup: async () => ({ ...backup, limits: { ...FUNCTION_READS, ...limits }, manifest: { ...backup.manifest, tables } }) } as unknown as DrillContext);
    expect(await limited({ contentBytes: 100 })).toEqual({ skip: expect.stringMatching(/schema\.json.*more than 100 bytes.*Run holdfast drill/) });
    const tables = [{ schema: "public", name: "files", chunks: [{ raw_bytes: 10 }, { raw_bytes: FUNCTION_READS.chunkBytes + 1 }] }, { schema: "public", name: "listed" }];
    expect(await limited({}, tables)).toEqual({ skip: expect.stringMatching(/^An object of table public\.files .*Run holdfast drill/) });
    await expect(limited({ chunkBytes: FUNCTION_READS.chunkBytes + 1 }, tables)).rejects.toThrow("the scratch database was asked for");
  });
});
