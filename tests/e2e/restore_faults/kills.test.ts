import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { connect } from "../../../functions/_shared/database/connect.ts";
import type { Backup } from "../../../functions/_shared/restore/backup_source.ts";
import { RESTORE_PHASES, type RestorePhase } from "../../../functions/_shared/restore/restore_context.ts";
import { restoreBackup } from "../../../functions/_shared/restore/restore_backup.ts";
import { REPO_ROOT } from "../../../stack/repo_root.ts";
import { breakingProxy } from "../../support/breaking_proxy.ts";
import { folderStorage } from "../../support/folder_storage.ts";
import { seeded } from "../../support/mutate_object.ts";
import { createRestoreTarget, fingerprintOf, memoryBackup, type RestoreTarget } from "../../support/restore_world.ts";

/** Keys, foreign keys, a trigger, a policy, a view and a sequence, and rows enough for some chunks. */
const SQL = `
  create schema shop;
  create table shop.customers (id bigint generated always as identity primary key, name text not null unique, note text);
  create table shop.orders (id bigserial primary key, customer_id bigint not null references shop.customers, total numeric(12, 2) not null check (total >= 0), at timestamptz not null);
  create table shop.lines (order_id bigint references shop.orders, line integer, text text, primary key (order_id, line));
  create table shop.audit (id bigserial primary key, what text);
  create function shop.audit() returns trigger language plpgsql as 'begin insert into shop.audit (what) values (tg_table_name); return new; end';
  insert into shop.customers (name, note) select 'customer ' || g, repeat(md5(g::text), 20) from generate_series(1, 2000) g;
  insert into shop.orders (customer_id, total, at) select 1 + g % 2000, g * 1.25, timestamptz '2026-01-01' + g * interval '1 minute' from generate_series(1, 6000) g;
  insert into shop.lines select 1 + g % 6000, g, md5(g::text) from generate_series(1, 12000) g;
  create trigger audit after insert on shop.orders for each row execute function shop.audit();
  insert into shop.orders (customer_id, total, at) values (1, 1, '2026-06-01');
  alter table shop.orders enable row level security; create policy own on shop.orders for select to authenticated using (customer_id = 1);
  create index on shop.orders (at); create index on shop.lines (text);
  create materialized view shop.totals as select customer_id, sum(total) as total from shop.orders group by 1`;

/** Phases in which each restore is killed, in the order it comes to them: where most can go wrong, most often. */
const KILLED_IN: readonly RestorePhase[] = [
  "check", "install", "roles", "schema_before", "data", "data", "data", "data", "sequences", "schema_after", "schema_after", "analyze", "prove",
];
// The points are 50 on the default server; what differs on another one differs at the first dozen as well.
const isDefaultServer = inject("holdfastCluster").flavor === "embedded";
const RESTORES = isDefaultServer ? 4 : 1;
/** The longest wait between a step and the kill; chunks and indexes take a few milliseconds here. */
const MOMENT_MS = 15;
const CUTS = isDefaultServer ? 30 : 10;

describe("restoreBackup() that is interrupted", () => {
  const random = seeded(50);
  let backup: Backup;
  let dir: string;
  let child: string;

  beforeAll(async () => {
    const { storage, backup: opened } = await memoryBackup(SQL, { chunkBytes: 65_536 });
    backup = opened;
    dir = mkdtempSync(join(tmpdir(), "holdfast-kills-"));
    for (const [key, bytes] of storage.objects) {
      mkdirSync(dirname(join(dir, "bucket", key)), { recursive: true });
      writeFileSync(join(dir, "bucket", key), bytes);
    }
    // One file starts in a fraction of the time that resolving and translating all of them takes.
    child = join(dir, "child.mjs");
    await build({
      entryPoints: [join(REPO_ROOT, "tests/support/restore_child.ts")], outfile: child, bundle: true, platform: "node", format: "esm", external: ["pg-native"], logLevel: "error",
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    });
  }, 120_000);
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  /** Runs the restore, and kills it a moment after some step of a phase. Resolves with its steps and its last line, null when it was killed. */
  async function runChild(url: string, killIn: RestorePhase | null): Promise<{ steps: string[]; end: string | null }> {
    const process = spawn("node", [child, join(dir, "bucket"), url, backup.manifest.run_id], { stdio: ["ignore", "pipe", "inherit"] });
    const exit = once(process, "exit");
    const steps: string[] = [];
    let end: string | null = null;
    let left = 1 + random(3);
    const lines = createInterface({ input: process.stdout });
    lines.on("line", (line) => {
      if (line.startsWith("end ")) end = line;
      else steps.push(line);
      if (killIn !== null && line.startsWith(`step ${killIn} `) && --left === 0) void sleep(random(MOMENT_MS)).then(() => process.kill("SIGKILL"));
      // A phase may have fewer steps than were to be waited for: then the first one of the next phase will do.
      else if (killIn !== null && left > 0 && RESTORE_PHASES.some((one, n) => n > RESTORE_PHASES.indexOf(killIn) && line.startsWith(`step ${one} `))) {
        left = 0;
        process.kill("SIGKILL");
      }
    });
    await Promise.all([exit, once(lines, "close")]);
    return { steps, end };
  }

  async function expectProven(target: RestoreTarget): Promise<void> {
    for (const table of backup.manifest.tables.filter((one) => one.schema === "shop")) {
      expect({ name: table.name, ...await fingerprintOf(target.client, table) }).toEqual({ name: table.name, rows: table.rows, fingerprint: table.fingerprint });
    }
    expect(await target.sql(`select (select count(*)::int from pg_constraint where connamespace = 'shop'::regnamespace and contype = 'f' and convalidated) as keys,
      (select count(*)::int from pg_policies where schemaname = 'shop') as policies, (select count(*)::int from shop.totals) as totals,
      to_regnamespace('holdfast_restore') is null as ended, nextval('shop.orders_id_seq')::int as next`))
      .toEqual([{ keys: 2, policies: 1, totals: 2000, ended: true, next: 6002 }]);
  }

  it(`restoreBackup() ends in the proven state when its process is killed at ${RESTORES * KILLED_IN.length} random points`, async () => {
    for (let round = 0; round < RESTORES; round++) {
      const target = await createRestoreTarget();
      let kills = 0;
      for (const phase of KILLED_IN) {
        const { steps, end } = await runChild(target.database.url, phase);
        expect(end, `round ${round}: the restore was not killed in ${phase}, after ${steps.at(-1)}`).toBeNull();
        kills++;
      }
      const { steps, end } = await runChild(target.database.url, null);
      expect(end, `round ${round}, after ${kills} kills and ${steps.at(-1)}`).toMatch(/^end passed/);
      await expectProven(target);
      await target.close();
    }
  }, 900_000);

  it(`restoreBackup() ends in the proven state when its connections are cut at ${CUTS} random points`, async () => {
    let cuts = 0;
    while (cuts < CUTS) {
      const target = await createRestoreTarget();
      let left = 10;
      const proxy = await breakingProxy(target.database.url, () => (left-- > 0 ? 500 + random(150_000) : Infinity));
      for (;;) {
        const outcome = await restoreBackup({
          s3: folderStorage(join(dir, "bucket")), from: backup.manifest.run_id, connect: (applicationName) => connect(proxy.url, { applicationName }),
          tables: [], schemas: [], intoExisting: null, options: { dataOnly: false, schemaOnly: false, skipDamaged: false, prove: true, workers: 2 },
        }).catch((error: unknown) => error);
        if (typeof outcome === "object" && outcome !== null && "proof" in outcome) {
          expect(outcome.proof).toMatchObject({ verdict: "passed" });
          break;
        }
      }
      cuts += 10;
      expect(left).toBeLessThanOrEqual(0);
      proxy.close();
      await expectProven(target);
      await target.close();
    }
  }, 600_000);
});
