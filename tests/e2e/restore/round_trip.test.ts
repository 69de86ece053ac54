import fc from "fast-check";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { deserializeSnapshot, diff } from "@supabase/pg-delta/core";
import type { Manifest } from "../../../functions/_shared/export/manifest.ts";
import { nameOf } from "../../../functions/_shared/restore/fact_edits.ts";
import { openBackup } from "../../../functions/_shared/restore/backup_source.ts";
import { readContent } from "../../../functions/_shared/restore/read_object.ts";
import { createTestDatabase } from "../../support/database.ts";
import { contentsOf, problemsOf, type RestoreBench, startRestoreBench } from "../../support/e2e_restore.ts";
import { generatedSchema } from "../../support/generated_schema.ts";
import { findPgDump, pgDumpLines } from "../../support/pg_dump_lines.ts";
import { queryRows } from "../../support/query_rows.ts";

/** Where there is one, it is asked as well: it knows of things that facts may not. */
const pgDump = findPgDump(inject("holdfastCluster").serverVersion);

let bench: RestoreBench;
beforeAll(async () => void (bench = await startRestoreBench()));
afterAll(() => bench.close());

async function factsOf(manifest: Manifest) {
  return deserializeSnapshot(await readContent(await openBackup(bench.s3, manifest.run_id), "schema.json")).factBase;
}

/** Names of objects that differ between two backups, roles aside: both databases have those of their cluster. */
async function differences(one: Manifest, other: Manifest): Promise<string[]> {
  return diff(await factsOf(one), await factsOf(other))
    .map((delta) => ({ verb: delta.verb, id: "fact" in delta ? delta.fact.id : "edge" in delta ? delta.edge.from : delta.id }))
    // Other test files come and go with roles of theirs.
    .filter(({ id }) => id.kind !== "role" && id.kind !== "membership" && !(id.kind === "comment" && id.target.kind === "role"))
    .map(({ verb, id }) => `${verb} ${nameOf(id)}`);
}

it("restoreBackup() brings a generated schema and its rows back so that a second backup equals the first", async () => {
  await fc.assert(fc.asyncProperty(generatedSchema, async ({ statements }) => {
    const [source, target] = await Promise.all([createTestDatabase({ migrated: true }), createTestDatabase()]);
    try {
      for (const statement of statements) {
        await queryRows(source.url, statement).catch((cause: unknown) => {
          throw new Error(`The generator made a statement that PostgreSQL refuses: ${statement}`, { cause });
        });
      }
      const first = await bench.backUp(source.url);
      const result = await bench.restore(target.url, { from: first.run_id });
      expect(result.proof?.verdict, JSON.stringify(problemsOf(result))).toBe("passed");
      const second = await bench.backUp(target.url);
      expect(await differences(first, second)).toEqual([]);
      expect(second.tables.map((one) => [one.name, one.columns])).toEqual(first.tables.map((one) => [one.name, one.columns]));
      const schemas = [...new Set(first.tables.map((one) => one.schema))].filter((schema) => schema !== "auth" && schema !== "storage" && schema !== "supabase_migrations");
      expect(contentsOf(second, schemas)).toEqual(contentsOf(first, schemas));
      if (pgDump !== null) expect(await pgDumpLines(pgDump, target.adminUrl, "--schema-only")).toEqual(await pgDumpLines(pgDump, source.adminUrl, "--schema-only"));
    } finally {
      await Promise.all([source.drop(), target.drop()]);
    }
  }), { numRuns: Number(process.env["HOLDFAST_ROUND_TRIPS"] ?? 4), endOnFailure: true });
}, 300_000);
