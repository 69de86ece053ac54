import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { DrillContext } from "../../../../functions/_shared/drill/drill_context.ts";
import type { ClaimedStep } from "../../../../functions/_shared/drill/drill_ledger.ts";
import { loadStep } from "../../../../functions/_shared/drill/load_step.ts";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import type { ManifestTable } from "../../../../functions/_shared/export/manifest.ts";
import type { Backup } from "../../../../functions/_shared/restore/backup_source.ts";
import { openRestoreState } from "../../../../functions/_shared/restore/restore_state.ts";
import { manifestOf, memoryBackup, type MemoryStorage, memoryStorage } from "../../../support/memory_backup.ts";
import { createRestoreTarget, type RestoreTarget } from "../../../support/restore_world.ts";

describe("loadStep()", () => {
  let scratch: RestoreTarget;
  let storage: MemoryStorage;
  let backup: Backup;
  beforeAll(async () => {
    scratch = await createRestoreTarget({ sql: `
      create schema shop;
      create table shop.items (id int, name text);
      create table shop."Odd" (n int, twice int generated always as (n * 2) stored);
      create function shop.refuse() returns trigger language plpgsql as $$ begin raise exception 'a trigger was fired'; end $$;
      create trigger refuse before insert on shop.items for each row execute function shop.refuse()` });
    await openRestoreState(scratch.client, { runId: "r", manifestSha256: "s", options: {} });
  });
  afterAll(() => scratch.close());
  beforeEach(async () => {
    await scratch.sql(`truncate shop.items, shop."Odd", holdfast_restore.chunks`);
    storage = memoryStorage();
    const tables = [table("items", ["id", "name"], ["1\ta\n2\tb\n", "3\tc\n"]), table("Odd", ["n", "twice"], ["5\t10\n"]), table("gone", ["n"], ["1\n"])];
    backup = memoryBackup(storage, manifestOf({ tables }));
  });

  /** A table of the backup whose chunks are these texts. */
  function table(name: string, columns: string[], texts: string[]): ManifestTable {
    const chunks = texts.map((text, index) => {
      const bytes = new Uint8Array(gzipSync(text));
      const key = `data/shop.${name}/${index}.copy.gz`;
      storage.objects.set(`holdfast/clinic/runs/20261123T205500Z-a1b2c3/${key}`, bytes);
      return { key, sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length, raw_bytes: text.length, rows: text.split("\n").length - 1, first_tid: "(0,0)", end_tid: null };
    });
    return { schema: "shop", name, columns, fingerprint: "0".repeat(16), fingerprint_expression: "1", rows: 3, raw_bytes: 9, stored_bytes: 9, chunks };
  }
  const context = (change: Partial<Backup> = {}): DrillContext =>
    ({ backup: () => Promise.resolve({ ...backup, ...change }), scratch: () => Promise.resolve(scratch.client) }) as unknown as DrillContext;
  /** The step of these chunks, as names of tables and numbers of their chunks. */
  const step = (...wanted: [string, number][]): ClaimedStep => ({
    step_no: 7, kind: "load", phase: "data", alone: false, claim_id: "c", attempt: 1,
    payload: { chunks: wanted.map(([name, at]) => ({ schema: "shop", name, chunk: backup.manifest.tables.find((one) => one.name === name)?.chunks?.[at] })) },
  });
  const keyOf = (name: string, at: number) => `${backup.prefix}data/shop.${name}/${at}.copy.gz`;
  const items = () => scratch.sql("select id, name from shop.items order by id");

  it("loadStep() loads the chunks of several tables, fires no trigger, and says how much it was", async () => {
    expect(await loadStep(context(), step(["items", 0], ["Odd", 0], ["items", 1]))).toEqual({ bytes: 17, result: { chunks: 3, bytes: 17 } });
    expect(await items()).toEqual([{ id: 1, name: "a" }, { id: 2, name: "b" }, { id: 3, name: "c" }]);
    // What the target computes is left to it.
    expect(await scratch.sql(`select n, twice from shop."Odd"`)).toEqual([{ n: 5, twice: 10 }]);
  });

  it("loadStep() called again loads nothing twice", async () => {
    await loadStep(context(), step(["items", 0]));
    expect(await loadStep(context(), step(["items", 0], ["items", 1]))).toEqual({ bytes: 12, result: { chunks: 2, bytes: 12 } });
    expect(await items()).toHaveLength(3);
  });

  it("loadStep() names a damaged object with HF501, keeps what came before it and loads nothing of it", async () => {
    const bytes = storage.objects.get(keyOf("items", 1)) ?? new Uint8Array();
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await expect(loadStep(context(), step(["items", 0], ["items", 1], ["Odd", 0]))).rejects.toMatchObject({ code: "HF501", message: expect.stringContaining(keyOf("items", 1)) });
    expect(await items()).toEqual([{ id: 1, name: "a" }, { id: 2, name: "b" }]);
    expect(await scratch.sql(`select from shop."Odd"`)).toEqual([]);
    expect(await scratch.sql("select key from holdfast_restore.chunks")).toEqual([{ key: "data/shop.items/0.copy.gz" }]);
  });

  it("loadStep() names a missing object with HF501, and does not take storage that is away for one", async () => {
    storage.objects.delete(keyOf("items", 0));
    await expect(loadStep(context(), step(["items", 0]))).rejects.toMatchObject({ code: "HF501", message: expect.stringContaining(`${keyOf("items", 0)}" is missing`) });
    const away = { ...storage, getObject: () => Promise.reject(new HoldfastError("HF203", "S3 is away")) };
    await expect(loadStep(context({ s3: away }), step(["items", 1]))).rejects.toMatchObject({ code: "HF203" });
  });

  it("loadStep() says with HF505 that the server refuses the rows, without them", async () => {
    backup.manifest.tables.push(table("items", ["id", "name"], ["secret\tz\n"]));
    const at = { schema: "shop", name: "items", chunk: backup.manifest.tables.at(-1)?.chunks?.[0] };
    const error = await loadStep(context(), { ...step(), payload: { chunks: [at] } }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "HF505", message: expect.stringContaining("shop.items") });
    expect(JSON.stringify(error)).not.toContain("secret");
    expect(await items()).toEqual([]);
  });

  it.each([["gone", "the scratch database lacks it"], ["unheard_of", "the manifest does not have it"]])("loadStep() does not pass over table %s: %s", async (name) => {
    const chunk = backup.manifest.tables.find((one) => one.name === "gone")?.chunks?.[0];
    await expect(loadStep(context(), { ...step(), payload: { chunks: [{ schema: "shop", name, chunk }] } })).rejects.toThrow(`Table shop.${name} was planned and is not there`);
  });

  it("loadStep() loads nothing of a step that is no list of chunks, or whose object lies outside of the backup", async () => {
    const at = backup.manifest.tables[0]?.chunks?.[0];
    await expect(loadStep(context(), { ...step(), payload: { chunks: [{ schema: "shop", name: "items", chunk: { ...at, key: "../x" } }] } })).rejects.toMatchObject({ name: "ZodError" });
    await expect(loadStep(context(), { ...step(), payload: null })).rejects.toMatchObject({ name: "ZodError" });
    expect(await loadStep(context(), step())).toEqual({ bytes: 0, result: { chunks: 0, bytes: 0 } });
  });
});
