import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ManifestTable } from "../../../functions/_shared/export/manifest.ts";
import type { Backup } from "../../../functions/_shared/restore/backup_source.ts";
import { loadTables } from "../../../functions/_shared/restore/load_tables.ts";
import { readContent } from "../../../functions/_shared/restore/read_object.ts";
import type { RestoreContext } from "../../../functions/_shared/restore/restore_context.ts";
import { openRestoreState } from "../../../functions/_shared/restore/restore_state.ts";
import { MUTATIONS, seeded } from "../../support/mutate_object.ts";
import { createRestoreTarget, memoryBackup, type MemoryStorage, type RestoreTarget } from "../../support/restore_world.ts";

const TABLES = ["t1", "t2", "t3", "t4"];
/** Rows of some width, so that a chunk of eight pages has few of them. */
const SQL = `create schema shop; ${TABLES.map((name, n) => `create table shop.${name} (id integer, amount numeric, at timestamptz, note text);
  insert into shop.${name} select g, g * 1.5, timestamptz '2026-01-01' + g * interval '1 hour', repeat(md5(g::text || '${name}'), 16) from generate_series(1, ${300 + 150 * n}) g`).join(";")}`;
/** Counts what is sent, also when it is rolled back: sequences are not transactional. */
const COUNTED = `create schema shop; create sequence shop.sent; grant all on sequence shop.sent to public;
  create function shop.count_row() returns trigger language plpgsql as 'begin perform pg_catalog.nextval(''shop.sent''); return new; end';
  ${TABLES.map((name) => `create table shop.${name} (id integer, amount numeric, at timestamptz, note text);
    create trigger count_row before insert on shop.${name} for each row execute function shop.count_row(); alter table shop.${name} enable always trigger count_row`).join(";")}`;

const ALONE = 250;
const TOGETHER = 750;
const AT_ONCE = 10;

interface Victim {
  table: ManifestTable;
  key: string;
  rows: number;
  bytes: Uint8Array<ArrayBuffer> | null;
  kind: string;
}

describe("restore of a bucket with damaged objects", () => {
  const random = seeded(20_261_124);
  let storage: MemoryStorage;
  let backup: Backup;
  let otherRun: string;
  let target: RestoreTarget;
  let context: RestoreContext;
  let all: { table: ManifestTable; key: string; rows: number }[];
  const seen = new Map<string, number>();

  beforeAll(async () => {
    ({ storage, backup } = await memoryBackup(SQL, { chunkBytes: 65_536, secondAfter: TABLES.map((name) => `update shop.${name} set amount = amount + 1`).join(";") }));
    otherRun = [...storage.objects.keys()].find((key) => key.endsWith("manifest.json") && !key.startsWith(backup.prefix))?.replace("manifest.json", "") ?? "";
    target = await createRestoreTarget({ sql: COUNTED });
    const tables = backup.manifest.tables.filter((one) => one.schema === "shop");
    context = await target.context(backup, { tables });
    all = tables.flatMap((table) => (table.chunks ?? []).filter((chunk) => chunk.rows > 0).map((chunk) => ({ table, key: chunk.key, rows: chunk.rows })));
    await openRestoreState(target.client, { runId: "r", manifestSha256: "m", options: {} });
  }, 120_000);
  afterAll(() => target.close());

  const objectOf = (prefix: string, key: string): Uint8Array<ArrayBuffer> => storage.objects.get(prefix + key) ?? new Uint8Array();

  /** One of the chunks with something done to its object that changes its bytes. */
  function mutated(among = all): Victim {
    for (;;) {
      const chunk = among[random(among.length)];
      const kinds = Object.entries(MUTATIONS);
      const [kind, mutation] = kinds[random(kinds.length)] ?? [];
      if (chunk === undefined || kind === undefined || mutation === undefined) throw new Error("There is nothing to mutate");
      const whole = objectOf(backup.prefix, chunk.key);
      const bytes = mutation(whole, {
        random, other: () => objectOf(backup.prefix, all[random(all.length)]?.key ?? ""),
        otherRun: () => storage.objects.get(otherRun + chunk.key) ?? objectOf(otherRun, "schema.json.gz"),
      });
      if (bytes !== null && Buffer.from(bytes).equals(whole)) continue;
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
      return { ...chunk, bytes, kind };
    }
  }

  function damagedBy(victims: readonly Victim[]): Backup {
    const s3 = storage.copy();
    for (const { key, bytes } of victims) {
      if (bytes === null) s3.objects.delete(backup.prefix + key);
      else s3.objects.set(backup.prefix + key, bytes);
    }
    return { ...backup, s3 };
  }

  /** Rows that were sent, are there, and are marked as loaded; then everything is empty again. */
  async function taken(): Promise<{ sent: number; there: number; marked: number; keys: string[] }> {
    const [counts] = await target.sql<{ sent: string; there: string; marked: string; keys: string[] }>(`
      select (select case when is_called then last_value else 0 end from shop.sent) as sent,
             (${TABLES.map((name) => `(select count(*) from shop.${name})`).join(" + ")}) as there,
             (select coalesce(sum(rows), 0) from holdfast_restore.chunks) as marked, array(select key from holdfast_restore.chunks) as keys`);
    await target.sql(`truncate ${TABLES.map((name) => `shop.${name}`).join(", ")}, holdfast_restore.chunks; select setval('shop.sent', 1, false)`);
    return { sent: Number(counts?.sent), there: Number(counts?.there), marked: Number(counts?.marked), keys: counts?.keys ?? [] };
  }

  it(`loadTables() names each of ${ALONE} objects that were changed, and sends none of its rows`, async () => {
    for (let round = 0; round < ALONE; round++) {
      const victim = mutated();
      const outcome = await loadTables({ ...context, backup: damagedBy([victim]), tables: [victim.table], options: { ...context.options, workers: 1 } }).catch((error: unknown) => error);
      expect(outcome, `round ${round}: ${victim.key} ${victim.kind}`).toMatchObject({ code: "HF501", message: expect.stringContaining(`"${backup.prefix}${victim.key}"`) });
      const { sent, there, marked, keys } = await taken();
      expect({ sent, there, named: keys.includes(victim.key) }, `round ${round}: ${victim.key} ${victim.kind}`).toEqual({ sent: marked, there: marked, named: false });
    }
  }, 180_000);

  it(`loadTables() with skipDamaged lists each of ${TOGETHER} objects that were changed, and restores exactly the others`, async () => {
    const total = all.reduce((sum, one) => sum + one.rows, 0);
    for (let round = 0; round < TOGETHER / AT_ONCE; round++) {
      const victims: Victim[] = [];
      while (victims.length < AT_ONCE) victims.push(mutated(all.filter(({ key }) => !victims.some((one) => one.key === key))));
      const lost = await loadTables({ ...context, leftOut: [], backup: damagedBy(victims), options: { ...context.options, skipDamaged: true, workers: 2 } });
      const what = `round ${round}: ${victims.map((one) => `${one.key} ${one.kind}`).join(", ")}`;
      expect(lost.map(({ key }) => key).sort(), what).toEqual(victims.map(({ key }) => backup.prefix + key).sort());
      const whole = total - victims.reduce((sum, one) => sum + one.rows, 0);
      const { keys, ...counts } = await taken();
      expect(counts, what).toEqual({ sent: whole, there: whole, marked: whole });
      expect(keys, what).toHaveLength(all.length - AT_ONCE);
    }
  }, 180_000);

  it("readContent() names each of 300 documents that were changed", async () => {
    const documents = backup.manifest.objects;
    for (let round = 0; round < 300; round++) {
      const document = documents[random(documents.length)];
      const kinds = Object.entries(MUTATIONS).filter(([kind]) => !kind.startsWith("row"));
      const [kind, mutation] = kinds[random(kinds.length)] ?? [];
      if (document === undefined || mutation === undefined) throw new Error("There is nothing to mutate");
      const whole = objectOf(backup.prefix, document.key);
      const bytes = mutation(whole, {
        random, other: () => objectOf(backup.prefix, documents[random(documents.length)]?.key ?? ""), otherRun: () => objectOf(otherRun, document.key) });
      if (bytes !== null && Buffer.from(bytes).equals(whole)) continue;
      const s3 = storage.copy();
      if (bytes === null) s3.objects.delete(backup.prefix + document.key);
      else s3.objects.set(backup.prefix + document.key, bytes);
      await expect(readContent({ ...backup, s3 }, document.content), `round ${round}: ${document.key} ${kind}`)
        .rejects.toMatchObject({ code: "HF501", message: expect.stringContaining(`"${backup.prefix}${document.key}"`) });
    }
  });

  it("loadTables() was shown every kind of change, many times", () => {
    expect([...seen.keys()].sort()).toEqual(Object.keys(MUTATIONS).sort());
    expect(Math.min(...seen.values())).toBeGreaterThan(30);
    expect([...seen.values()].reduce((sum, one) => sum + one, 0)).toBe(ALONE + TOGETHER);
  });
});
