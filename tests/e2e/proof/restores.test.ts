import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isProvenBy, parseProof, type Proof } from "../../../functions/_shared/prove/proof.ts";
import { storeProof } from "../../../functions/_shared/prove/store_proof.ts";
import { openBackup } from "../../../functions/_shared/restore/backup_source.ts";
import { type BareCluster, startBareCluster } from "../../support/bare_cluster.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { problemsOf, type RestoreBench, startRestoreBench } from "../../support/e2e_restore.ts";
import { DAMAGES, prove } from "../../support/proof_world.ts";
import { queryRows } from "../../support/query_rows.ts";

describe("proveRestore() and real restores", () => {
  let bench: RestoreBench;
  let source: TestDatabase;
  let bare: BareCluster;
  const databases: TestDatabase[] = [];

  beforeAll(async () => {
    bench = await startRestoreBench();
    source = await createTestDatabase({ migrated: true });
    bare = await startBareCluster("embedded");
    await queryRows(source.url, readFileSync(join(DAMAGES, "source.sql"), "utf8"));
    await queryRows(source.url, "select cron.schedule('nightly', '0 3 * * *', 'select 1'); update backup.settings set functions_url = 'https://source.example/functions/v1' where id; update backup.policies set enabled = true where provider = 'aws_s3'");
    await bench.backUp(source.url);
  }, 120_000);
  afterAll(async () => {
    await bare.stop();
    for (const one of databases) await one.drop();
    await source.drop();
    await bench.close();
  });

  const newProject = async () => {
    const database = await createTestDatabase();
    databases.push(database);
    return database.url;
  };
  const checks = (proof: Proof | null) => Object.fromEntries((proof?.checks ?? []).map((one) => [one.check_name, one.verdict]));

  it("proveRestore() passes a restore into a new project", async () => {
    const url = await newProject();
    const result = await bench.restore(url);
    expect(result.proof?.verdict, JSON.stringify(problemsOf(result))).toBe("passed");
    expect(result.proof?.scope).toBe("full");
    expect(checks(result.proof)).toMatchObject({ check_object_checksums: "passed", check_fingerprints: "passed", check_schema: "passed", run_tests: "passed",
      check_access: "passed", check_access_probes: "passed", check_critical_data: "passed", run_sample_queries: "passed", check_materialized_views: "passed" });
    expect(result.proof?.findings.find((one) => one.subject === "rows")?.actual).toMatch(/^\d+ objects loaded after their hash was compared$/);
  }, 120_000);

  it("installHoldfast() brings the configuration back and starts nothing", async () => {
    const { url } = databases[0] ?? source;
    expect(await queryRows(url, "select s.functions_url, (select count(*)::integer from backup.sample_queries) as queries, (select count(*)::integer from backup.access_probes) as probes from backup.settings s"))
      .toEqual([{ functions_url: null, queries: 2, probes: 2 }]);
    expect(await queryRows(url, "select name from backup.policies p where p.provider = 'aws_s3' and p.enabled")).toEqual([]);
    expect(await queryRows(url, "select jobname, active from cron.job j where j.database = current_database() and (j.jobname like 'holdfast-%' or j.active)")).toEqual([]);
  });

  it("proveRestore() passes a restore into a server without any platform", async () => {
    const url = await bare.createDatabase();
    const result = await bench.restore(url);
    expect(result.proof?.findings.filter((one) => one.verdict === "failed"), JSON.stringify(problemsOf(result))).toEqual([]);
    expect(checks(result.proof)).toMatchObject({ check_fingerprints: "passed", check_schema: "passed", check_access: "passed", check_access_probes: "passed" });
  }, 120_000);

  it("proveRestore() proves a part as a part", async () => {
    const url = await newProject();
    const result = await bench.restore(url, { tables: ["shop.orders", "shop.customers"] });
    expect(result.proof?.verdict, JSON.stringify(problemsOf(result))).toBe("passed");
    expect(result.proof?.scope).toBe("partial");
    expect(result.proof?.findings.filter((one) => one.check_name === "check_fingerprints").map((one) => one.subject)).toEqual(["shop.customers", "shop.orders"]);
    expect(result.proof?.findings.filter((one) => one.check_name === "check_foreign_keys").map((one) => one.subject)).toEqual(["shop.orders.orders_customer_id_fkey"]);
    expect(await queryRows(url, "select to_regclass('backup.settings') as settings")).toEqual([{ settings: null }]);
    const backup = await openBackup(bench.s3, "latest");
    expect(result.proof !== null && isProvenBy(backup, result.proof)).toBe(false);
    expect(result.proof === null ? "" : await storeProof(backup, result.proof)).toBeNull();
  }, 120_000);

  it("proveRestore() proves a schema without its rows", async () => {
    const result = await bench.restore(await newProject(), { options: { schemaOnly: true } });
    expect(result.proof?.verdict, JSON.stringify(problemsOf(result))).toBe("passed");
    expect(result.proof?.scope).toBe("partial");
    expect(checks(result.proof)).toMatchObject({ check_schema: "passed", check_access: "passed" });
  }, 120_000);

  it("storeProof() adds the proof to the restore point, which is verified by it", async () => {
    const { url } = databases[0] ?? source;
    await queryRows(url, "drop schema if exists holdfast_restore cascade");
    const backup = await openBackup(bench.s3, "latest");
    const proof = await prove({ url }, backup);
    expect(proof.verdict).toBe("passed");
    const key = await storeProof(backup, proof);
    expect(key).toMatch(new RegExp(`^${backup.prefix}proofs/\\d{8}T\\d{9}Z\\.json$`));
    expect(parseProof(await bench.s3.getObject(key ?? ""))).toEqual(proof);
    expect((await openBackup(bench.s3, "latest-verified")).manifest.run_id).toBe(backup.manifest.run_id);
  }, 120_000);
});
