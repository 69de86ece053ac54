import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { REPO_ROOT } from "../../stack/repo_root.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { reportHistory } from "../support/report_history.ts";

const FOLDER = join(REPO_ROOT, "supabase", "snippets");
const snippets = readdirSync(FOLDER).sort();
const textOf = (name: string) => readFileSync(join(FOLDER, name), "utf8");

/** What the shared history lacks: enabled exports, a second look at a table, a check that could not look, a failed entry of the schedule. */
const MORE_HISTORY = `
  update backup.policies set enabled = true where name in ('secondary_weekly', 'secondary_monthly');
  insert into backup.run_tables (run_id, schema_name, table_name, relid, status, columns, total_bytes, rows, fingerprint)
    values ('20260101T010000Z-000001', 'public', 'owners', 4, 'exported', '{id}', 8192, 7, repeat('3', 16));
  insert into backup.verification_results (verification_id, check_name, subject, verdict, actual)
    values ('00000000-0000-4000-8000-000000000002', 'check_row_counts', 'public.owners', 'inconclusive', 'permission denied'),
           ('00000000-0000-4000-8000-000000000002', 'check_row_counts', 'public.fine', 'passed', '1 row');
  update backup.verifications set started_at = now(), finished_at = now() where verdict = 'failed';
  update backup.runs set requested_at = now(), finished_at = now() where state = 'failed';
  insert into backup.job_runs (job_name, status, started_at, finished_at, error_code, error)
    values ('export', 'failed', now(), now(), 'HF007', 'S3 is not configured'), ('export', 'succeeded', now(), now(), null, null);
  insert into backup.job_states (job_name, succeeded, failed, last_success_at, last_failure_at, last_seconds)
    values ('export', 1, 1, now() - interval '8 days', now() - interval '1 day', 1), ('tick', 9000, 0, now(), null, 1);`;

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase({ migrated: true });
  client = new pg.Client(database.url);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

type Row = Record<string, unknown>;

/** Runs a snippet as Studio does, but unable to write. */
async function run(name: string): Promise<{ columns: string[]; rows: Row[] }> {
  await client.query("begin read only");
  try {
    const { fields, rows } = await client.query<Row>(textOf(name));
    return { columns: fields.map((field) => field.name), rows };
  } finally {
    await client.query("rollback");
  }
}

describe("supabase/snippets", () => {
  it("supabase/snippets holds ten queries, each one statement below a comment with its question", () => {
    expect(snippets).toHaveLength(10);
    for (const [index, name] of snippets.entries()) {
      expect(name).toMatch(new RegExp(`^${String(index + 1).padStart(2, "0")}_[a-z_]+\\.sql$`));
      expect(textOf(name), name).toMatch(/^-- [A-Z][^\n]*\?\n-- [^\n]+\n(?:select|with)\b[^;]*;\n$/);
      expect(textOf(name), name).toMatch(/\border by\b|\bbackup\.status\b/);
    }
  });

  it.each(snippets)("supabase/snippets/%s answers on an empty ledger", async (name) => {
    const { columns } = await run(name);
    expect(columns.length).toBeGreaterThan(2);
    expect(columns).not.toContain("?column?");
  });

  describe("on a ledger with a history", () => {
    beforeAll(async () => {
      await client.query(reportHistory);
      await client.query(MORE_HISTORY);
    });

    it.each<[name: string, expected: Row[]]>([
      ["01_is_the_backup_fresh", [{ health: "failing", newest_restore_point: "20260108T010000Z-000003", proven_by_a_drill: false, rpo_met: false, rto_met: true, open_alerts: "1", exports: "on" }]],
      ["02_what_is_in_the_newest_backup", [{ table_name: "pets", rows: "100" }, { table_name: "T|a", rows: "20" }, { table_name: "remote", status: "excluded", why_not: "foreign table", rows: null }]],
      ["03_which_tables_grew", [
        { table_name: "T|a", change: "20", note: "new" }, { table_name: "pets", rows_before: "90", rows_now: "100", change: "10", percent: "11.1", note: null },
        { table_name: "owners", change: "-7", note: "gone" }, { table_name: "remote", note: "new" },
      ]],
      ["04_what_failed_and_why", [{ what: "check check_row_counts", message: "expected at least 80 rows, found 2 rows" }, { what: "export", code: "HF300" }, { what: "scheduled entry", which: "export", code: "HF007" }]],
      ["05_which_checks_are_not_passed", [{ subject: "public.pets", answer: "failed" }, { subject: "public.owners", answer: "inconclusive" }]],
      ["08_open_alerts", [{ severity: "warning", cause: "export_failed", message: "A run has failed", occurrences: 1 }]],
      ["09_how_long_do_drills_take", [{ run_id: "20260101T010000Z-000001", verdict: "passed", within_target: true, slowest_phase: "data (400.0 s)" }]],
    ])("supabase/snippets/%s.sql shows what the ledger holds, in its order", async (name, expected) => {
      const { rows } = await run(`${name}.sql`);
      expect(rows).toHaveLength(expected.length);
      expect(rows).toMatchObject(expected);
    });

    it("supabase/snippets/06_what_is_not_covered.sql names warnings, tables that are left out and what the strategy lacks", async () => {
      const { rows } = await run("06_what_is_not_covered.sql");
      expect(rows.slice(0, 2)).toEqual([
        { from_where: "newest backup", subject: "public.remote", why: "rows live elsewhere" },
        { from_where: "newest backup", subject: "public.remote", why: "rows left out: foreign table" },
      ]);
      expect(rows.filter((row) => row["from_where"] === "strategy").map((row) => row["why"])).toContainEqual(expect.stringContaining("Files in Supabase Storage"));
    });

    it("supabase/snippets/07_when_are_the_next_runs.sql lists every wanted schedule, the soonest first", async () => {
      const { rows } = await run("07_when_are_the_next_runs.sql");
      const due = rows.map((row) => (row["next_run_at"] instanceof Date ? row["next_run_at"].getTime() : Number.NaN));
      expect(due).toEqual([...due].sort((a, b) => a - b));
      expect(rows.map((row) => row["job_name"])).toEqual(expect.arrayContaining(["holdfast-tick", "holdfast-export", "holdfast-verify", "holdfast-drill"]));
      // A tick with nothing to do leaves no row in job_runs: that it ran is in job_states.
      const ranHoursAgo = (job: string) => Math.round((Date.now() - Number(rows.find((row) => row["job_name"] === job)?.["last_ran_at"])) / 3_600_000);
      expect([ranHoursAgo("holdfast-tick"), ranHoursAgo("holdfast-export")]).toEqual([0, 24]);
    });

    it("supabase/snippets/10_what_does_it_cost.sql ends with the sum of the items", async () => {
      const { rows } = await run("10_what_does_it_cost.sql");
      const costs = (some: Row[]) => some.reduce((sum, row) => sum + Number(row["usd_per_month"]), 0);
      expect(rows.map((row) => row["item"])).toEqual(["weekly", "monthly", "exports", "verifications", "drills", "total"]);
      expect(rows[5]).toMatchObject({ storage_class: null, runs: null, basis: null });
      expect(costs(rows.slice(5))).toBeCloseTo(costs(rows.slice(0, 5)), 1);
    });
  });
});

describe("schema backup in Studio", () => {
  it("schema backup has a comment on itself and on every table, view, type, function and column of a view", async () => {
    const { rows } = await client.query<{ kind: string; name: string }>(`
      select 'schema' as kind, 'backup' as name where obj_description('backup'::regnamespace, 'pg_namespace') is null
      union all
      select 'relation', c.relname from pg_class c
      where c.relnamespace = 'backup'::regnamespace and c.relkind in ('r', 'p', 'v', 'm') and obj_description(c.oid, 'pg_class') is null
      union all
      select 'column', c.relname || '.' || a.attname from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
      where c.relnamespace = 'backup'::regnamespace and c.relkind in ('v', 'm') and col_description(c.oid, a.attnum) is null
      union all
      select 'function', p.proname from pg_proc p
      where p.pronamespace = 'backup'::regnamespace and obj_description(p.oid, 'pg_proc') is null
      union all
      select 'type', t.typname from pg_type t left join pg_class c on c.oid = t.typrelid
      where t.typnamespace = 'backup'::regnamespace and t.typcategory <> 'A' and coalesce(c.relkind, 'c') = 'c' and obj_description(t.oid, 'pg_type') is null
      order by 1, 2`);
    expect(rows.map(({ kind, name }) => `${kind} ${name}`)).toEqual([]);
  });

  it("schema backup has no view that is not sorted, but for the one with a single row", async () => {
    const { rows } = await client.query<{ name: string }>(`
      select c.relname as name from pg_class c
      where c.relnamespace = 'backup'::regnamespace and c.relkind = 'v' and pg_get_viewdef(c.oid, true) !~ '\\n  ORDER BY [^\\n]*(?:\\n {3,}[^\\n]*)*;$'
      order by 1`);
    expect(rows.map((row) => row.name)).toEqual(["status"]);
  });
});
