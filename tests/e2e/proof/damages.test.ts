import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Proof } from "../../../functions/_shared/prove/proof.ts";
import type { Backup } from "../../../functions/_shared/restore/backup_source.ts";
import { createProofWorld, type DamageObjects, damagedStorage, DAMAGES, memoryStorage, openRunOf, prove, type ProofWorld } from "../../support/proof_world.ts";
import { queryRows } from "../../support/query_rows.ts";

/** Everything a proof has to say about a damage: these and no other findings fail. */
type Expected = { check_name: string; subject: string }[];

const has = (file: string) => (name: string) => existsSync(join(DAMAGES, name, file));
const damages = readdirSync(DAMAGES).filter(has("damage.sql"));
const objectDamages = readdirSync(DAMAGES).filter(has("damage.ts"));

function expectedOf(name: string): Expected {
  return JSON.parse(readFileSync(join(DAMAGES, name, "expected.json"), "utf8")) as Expected;
}

/** The number of a chunk is decided by the sizes of all tables, which are not the same in every version of PostgreSQL. */
function failed(proof: Proof): Expected {
  return proof.findings.filter((one) => one.verdict === "failed")
    .map(({ check_name, subject }) => ({ check_name, subject: subject.replace(/\/\d{6}\.copy\.gz$/, "/*") }));
}

describe("proveRestore() and damaged databases", () => {
  let world: ProofWorld;
  let backup: Backup;
  beforeAll(async () => {
    world = await createProofWorld();
    backup = await openRunOf(world, memoryStorage(world.objects, world.source.s3));
  }, 120_000);
  afterAll(() => world.close());

  it("proveRestore() passes what is as it was", async () => {
    const copy = await world.copy();
    const proof = await prove(copy, backup);
    await copy.drop();
    expect(proof.findings.filter((one) => one.verdict !== "passed" && one.verdict !== "skipped")).toEqual([]);
    expect(proof.verdict).toBe("passed");
    expect(proof.checks.filter((one) => one.verdict === "passed").map((one) => one.check_name)).toEqual([
      "check_object_checksums", "check_row_counts", "check_fingerprints", "check_schema", "check_materialized_views", "check_foreign_keys", "check_constraints",
      "check_indexes", "check_sequences", "check_critical_data", "run_sample_queries", "run_tests", "check_access", "check_access_probes",
    ]);
  });

  it("there are at least 25 kinds of damage", () => {
    expect(damages.length).toBeGreaterThanOrEqual(25);
  });

  it.each(damages)("proveRestore() fails and names the damage: %s", async (name) => {
    const copy = await world.copy();
    try {
      const sql = readFileSync(join(DAMAGES, name, "damage.sql"), "utf8");
      await queryRows(sql.startsWith("-- superuser") ? copy.adminUrl : copy.url, sql);
      const proof = await prove(copy, backup);
      expect(proof.verdict).toBe("failed");
      expect(failed(proof)).toEqual(expectedOf(name));
    } finally {
      await copy.drop();
    }
  });

  it.each(objectDamages)("proveRestore() fails and names the damaged object: %s", async (name) => {
    const { damage } = await import(join(DAMAGES, name, "damage.ts")) as { damage: DamageObjects };
    const copy = await world.copy();
    try {
      const proof = await prove(copy, await openRunOf(world, damagedStorage(world, damage)));
      expect(proof.verdict).toBe("failed");
      expect(failed(proof)).toEqual(expectedOf(name));
    } finally {
      await copy.drop();
    }
  });
});
