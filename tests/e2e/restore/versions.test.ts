import { afterAll, beforeAll, expect, it } from "vitest";
import fc from "fast-check";
import { applyMigrations } from "../../../stack/apply_migrations.ts";
import { findServer } from "../../../stack/postgres/find_server.ts";
import { type BareCluster, startBareCluster } from "../../support/bare_cluster.ts";
import { contentsOf, problemsOf, type RestoreBench, startRestoreBench } from "../../support/e2e_restore.ts";
import { generatedSchema } from "../../support/generated_schema.ts";
import { queryRows } from "../../support/query_rows.ts";

let bench: RestoreBench;
let clusters: BareCluster[];
beforeAll(async () => {
  // The machine's own PostgreSQL is usually the oldest; without one the way is shorter.
  const oldest = await findServer("system").then(() => "system" as const, () => "embedded" as const);
  bench = await startRestoreBench();
  // One after the other: two that look for a free port at the same moment find the same one.
  clusters = [];
  for (const flavor of [oldest, "embedded", "embedded18"] as const) clusters.push(await startBareCluster(flavor));
}, 60_000);
afterAll(async () => {
  await bench.close();
  await Promise.all(clusters.map((one) => one.stop()));
});

it("restoreBackup() brings a database from server to newer server, and its second home to a third", async () => {
  const [oldest, middle, newest] = clusters as [BareCluster, BareCluster, BareCluster];
  const [first, second, third] = [await oldest.createDatabase(), await middle.createDatabase(), await newest.createDatabase()];
  await queryRows(first, "create role anon; create role authenticated; create role service_role");
  await queryRows(first, "create schema extensions; create extension pgcrypto schema extensions");
  await applyMigrations(first);
  for (const [{ statements }] of [fc.sample(generatedSchema, { numRuns: 1, seed: 15 })] as [{ statements: string[] }][]) {
    for (const statement of statements) await queryRows(first, statement);
  }
  // From 16 on a server keeps another spelling of this locale, and a column holds on to the collation.
  await queryRows(first, "create collation public.lower_first (provider = icu, locale = '@colCaseFirst=lower;colNumeric=yes'); create table public.sorted (name text collate public.lower_first)");
  const backups = [await bench.backUp(first)];
  for (const url of [second, third]) {
    const result = await bench.restore(url, { from: backups.at(-1)?.run_id ?? "" });
    expect(result.proof?.verdict, JSON.stringify(problemsOf(result))).toBe("passed");
    backups.push(await bench.backUp(url));
  }
  const [one, two, three] = backups.map((manifest) => contentsOf(manifest));
  expect(two).toEqual(one);
  expect(three).toEqual(one);
  expect(backups.map((manifest) => Math.floor(manifest.server.version_num / 10_000)).at(-1)).toBe(18);
  // Nothing goes back to an older server.
  await expect(bench.restore(await oldest.createDatabase(), { from: backups.at(-1)?.run_id ?? "" })).rejects.toMatchObject({ code: "HF502" });
}, 180_000);
