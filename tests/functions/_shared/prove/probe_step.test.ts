import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { readConfig } from "../../../../functions/_shared/export/capture_config.ts";
import type { BackupConfig, ProbeResult } from "../../../../functions/_shared/export/config.ts";
import { compareProbe, probeStep } from "../../../../functions/_shared/prove/probe_step.ts";
import type { ProofFinding } from "../../../../functions/_shared/prove/proof.ts";
import { type ProveContext, runStep } from "../../../../functions/_shared/prove/proof_step.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";
import { targetInfo } from "../../../support/facts.ts";
import { withContent } from "../../../support/with_content.ts";

const ALL = { only: null, dataOnly: false, schemaOnly: false };
const OWNER = "00000000-0000-0000-0000-000000000001";

describe("probeStep()", () => {
  let database: TestDatabase;
  let client: Client;
  let config: BackupConfig;
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true });
    client = await connect(database.url, { applicationName: "holdfast test" });
    await client.query(`create schema shop; grant usage on schema shop to anon, authenticated; create table shop.orders (id integer, owner uuid); grant select on shop.orders to authenticated;
      insert into shop.orders select g, ('00000000-0000-0000-0000-00000000000' || g % 3)::uuid from generate_series(1, 9) g; alter table shop.orders enable row level security;
      create policy own on shop.orders for select to authenticated using (owner = (current_setting('request.jwt.claims', true)::jsonb ->> 'sub')::uuid);
      insert into backup.access_probes (name, role_name, claims, schema_name, table_name) values
        ('a customer', 'authenticated', '{"sub": "${OWNER}"}', 'shop', 'orders'), ('a visitor', 'anon', '{}', 'shop', 'orders'), ('nobody', 'probe_nobody', '{}', 'shop', 'orders')`);
    await client.query("begin");
    config = await readConfig(client);
    await client.query("rollback");
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  async function run(of: BackupConfig | undefined = config, options: Partial<ProveContext["options"]> = {}): Promise<ProofFinding[]> {
    const step = probeStep({ backup: withContent({}), target: targetInfo(), tables: [], leftOut: [], options: { ...ALL, ...options } }, of);
    return (await runStep(client, step)).findings;
  }
  const verdicts = async (...given: Parameters<typeof run>) => (await run(...given)).map((one) => [one.subject, one.verdict, one.actual]);
  /** Runs a proof after a change of the database, which is undone. */
  async function after(change: string, undo: string): Promise<unknown[]> {
    await client.query(change);
    try {
      return await verdicts();
    } finally {
      await client.query(undo);
    }
  }

  it("probeStep() counts again what every probe of the backup has counted: rows and refusals alike", async () => {
    expect(await run()).toMatchObject([
      { check_name: "check_access_probes", subject: "a customer: authenticated on shop.orders", verdict: "passed", expected: "3 rows", actual: "3 rows" },
      { subject: "a visitor: anon on shop.orders", verdict: "passed", expected: "error 42501", actual: "error 42501" },
      { subject: "nobody: probe_nobody on shop.orders", verdict: "inconclusive", actual: "the export could not count: error 0P000" }]);
  });

  it.each([
    ["shows more than its own", "create policy all_of_them on shop.orders for select using (true)", "drop policy all_of_them on shop.orders", ["a customer: authenticated on shop.orders", "failed", "9 rows"]],
    ["shows nothing any more", "alter policy own on shop.orders using (false)", `alter policy own on shop.orders using (owner = (current_setting('request.jwt.claims', true)::jsonb ->> 'sub')::uuid)`, ["a customer: authenticated on shop.orders", "failed", "0 rows"]],
    ["shows it to a visitor", "grant select on shop.orders to anon", "revoke select on shop.orders from anon", ["a visitor: anon on shop.orders", "failed", "0 rows"]],
    ["is missing", "alter table shop.orders rename to gone", "alter table shop.gone rename to orders", ["a customer: authenticated on shop.orders", "failed", "error 42P01"]],
  ])("probeStep() names the probe when the table %s", async (_what, change, undo, expected) => {
    expect(await after(change, undo)).toContainEqual(expected);
    expect(await verdicts()).toContainEqual(["a customer: authenticated on shop.orders", "passed", "3 rows"]);
  });

  it("probeStep() asks what the backup asked, whatever probes the target has", async () => {
    expect(await after(`update backup.access_probes set claims = '{}'; insert into backup.access_probes (name, role_name, claims, schema_name, table_name) values ('of the target', 'anon', '{}', 'shop', 'orders')`,
      `delete from backup.access_probes where name = 'of the target'`)).toMatchObject([["a customer: authenticated on shop.orders", "passed", "3 rows"], [expect.any(String), "passed", "error 42501"], [expect.any(String), "inconclusive", expect.any(String)]]);
  });

  it("probeStep() could not look: the target's probe has another answer to whether it looked", async () => {
    const missing = { ...config, access_probes: [...config.access_probes.slice(0, 1), { ...(config.access_probes[1] as ProbeResult), name: "not registered" }] };
    expect((await verdicts(missing))[1]).toEqual(["not registered: anon on shop.orders", "inconclusive", "the probe was not run"]);
    const unknown = config.access_probes.map((one) => (one.role === "probe_nobody" ? { ...one, rows: "3", error: null, looked: true } : one));
    expect((await verdicts({ ...config, access_probes: unknown })).at(-1)).toEqual(["nobody: probe_nobody on shop.orders", "inconclusive", "not counted: error 0P000"]);
  });

  it("probeStep() acts as roles that it may hand out, and is a member of none of them afterwards", async () => {
    const role = `probe_${process.pid}`;
    await client.query(`create role ${role}; grant usage on schema shop to ${role}; grant select on shop.orders to ${role};
      create policy of_role on shop.orders for select to ${role} using (id < 5)`);
    const mayBe = async () => (await client.query<{ may: boolean }>(`select pg_has_role(current_user, '${role}', case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end) as may`)).rows;
    try {
      const tables = { ...config.tables, access_probes: [{ name: "own role", role_name: role, claims: {}, schema_name: "shop", table_name: "orders", enabled: true }] };
      const probe: ProbeResult = { name: "own role", role, schema: "shop", table: "orders", rows: "4", error: null, looked: true };
      expect(await verdicts({ ...config, tables, access_probes: [probe] })).toEqual([[`own role: ${role} on shop.orders`, "passed", "4 rows"]]);
      expect(await mayBe()).toEqual([{ may: false }]);
    } finally {
      await client.query(`drop owned by ${role}`).catch(() => client.query(`drop policy of_role on shop.orders; revoke all on shop.orders from ${role}; revoke all on schema shop from ${role}`));
      await client.query(`drop role ${role}`);
    }
  });

  it("probeStep() cannot look as a role that may not be handed out: inconclusive, and the others are looked at", async () => {
    const tables = { ...config.tables, access_probes: [{ name: "above all", role_name: "supabase_admin", claims: {}, schema_name: "shop", table_name: "orders", enabled: true }, ...config.tables["access_probes"] ?? []] };
    const probe: ProbeResult = { name: "above all", role: "supabase_admin", schema: "shop", table: "orders", rows: "9", error: null, looked: true };
    expect((await verdicts({ ...config, tables, access_probes: [probe, ...config.access_probes] })).slice(0, 2)).toEqual([
      ["above all: supabase_admin on shop.orders", "inconclusive", "not counted: error 0P000"], ["a customer: authenticated on shop.orders", "passed", "3 rows"]]);
  });

  it("probeStep() says why it looks at nothing", async () => {
    expect(await verdicts(config, { schemaOnly: true })).toEqual([["access probes", "skipped", "only a part of the backup was restored"]]);
    expect(await verdicts({ ...config, access_probes: [] })).toEqual([["access probes", "skipped", "no access probe is registered"]]);
    const step = probeStep({ backup: withContent({}), target: targetInfo(), tables: [], leftOut: [], options: ALL }, undefined);
    expect((await runStep(client, step)).findings).toMatchObject([{ subject: "access probes", verdict: "skipped", actual: "the backup is older than access probes" }]);
  });
});

describe("compareProbe()", () => {
  const probe = (change: Partial<ProbeResult> = {}): ProbeResult => ({ name: "p", role: "anon", schema: "a", table: "b", rows: "3", error: null, looked: true, ...change });
  const refused = { rows: null, error: "42501" };

  it.each<[string, ProbeResult, ProbeResult | undefined, string, string]>([
    ["the same rows", probe(), probe(), "passed", "3 rows"], ["other rows", probe(), probe({ rows: "4" }), "failed", "4 rows"], ["none instead of some", probe(), probe({ rows: "0" }), "failed", "0 rows"],
    ["the same refusal", probe(refused), probe(refused), "passed", "error 42501"], ["rows instead of a refusal", probe(refused), probe(), "failed", "3 rows"],
    ["a refusal instead of rows", probe(), probe(refused), "failed", "error 42501"], ["another refusal", probe(refused), probe({ rows: null, error: "42P01" }), "failed", "error 42P01"],
    ["an export that did not look", probe({ ...refused, looked: false }), probe(refused), "inconclusive", "the export could not count: error 42501"],
    ["a target where it did not look", probe(refused), probe({ ...refused, looked: false }), "inconclusive", "not counted: error 42501"], ["no answer", probe(), undefined, "inconclusive", "the probe was not run"],
    ["an answer without a reason", probe(), probe({ rows: null, looked: false }), "inconclusive", "not counted: error unknown"],
  ])("compareProbe() judges %s", (_what, wanted, found, verdict, actual) => {
    expect(compareProbe(wanted, found)).toMatchObject({ check_name: "check_access_probes", subject: "p: anon on a.b", verdict, actual });
  });
});
