import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Manifest } from "../../../functions/_shared/export/manifest.ts";
import { applyMigrations } from "../../../stack/apply_migrations.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";
import { problemsOf, type RestoreBench, startRestoreBench } from "../../support/e2e_restore.ts";
import { queryRows } from "../../support/query_rows.ts";

describe("restoreBackup() into databases of other encodings and locales", () => {
  const made: string[] = [];
  let bench: RestoreBench;
  let source: TestDatabase;
  let manifest: Manifest;
  const create = async (more: string): Promise<string> => {
    const name = `${source.name}_${made.length + 1}`;
    await queryRows(source.adminUrl, `create database ${name} owner postgres template template0 ${more}`);
    made.push(name);
    const url = new URL(source.url);
    url.pathname = `/${name}`;
    return url.href;
  };
  const tables = (url: string) => queryRows(url, "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname !~ '^(pg_|information_schema)'");

  beforeAll(async () => {
    bench = await startRestoreBench();
    source = await createTestDatabase({ migrated: true });
    await queryRows(source.url, `create schema shop; create table shop.words (id integer primary key, word text unique);
      insert into shop.words values (1, 'é'), (2, 'Zebra'), (3, 'apple'), (4, '日本'), (5, 'äpple');
      comment on table shop.words is 'Grüße, 日本'; create index on shop.words (lower(word))`);
    manifest = await bench.backUp(source.url);
  });
  afterAll(async () => {
    for (const name of made) await queryRows(source.adminUrl, `drop database if exists ${name} with (force)`);
    await source.drop();
    await bench.close();
  });

  it.each(["LATIN1", "SQL_ASCII"])("restoreBackup() refuses a target of encoding %s before anything is written", async (encoding) => {
    const url = await create(`encoding '${encoding}' lc_collate 'C' lc_ctype 'C'`);
    await expect(bench.restore(url, { from: manifest.run_id })).rejects.toMatchObject({
      code: "HF502", message: expect.stringContaining(`has encoding ${encoding}`), hint: expect.stringContaining("encoding 'UTF8' from template0") });
    expect(await tables(url)).toEqual([]);
  });

  it.each(["lc_collate 'C' lc_ctype 'C'", "locale_provider icu icu_locale 'sv'"])("restoreBackup() passes its proof in a database with %s", async (locale) => {
    const result = await bench.restore(await create(`encoding 'UTF8' ${locale}`), { from: manifest.run_id });
    expect(problemsOf(result)).toMatchObject({ verdict: "passed", failed: [] });
  });

  it("restoreBackup() names the partition whose rows belong elsewhere under another collation, and no value", async () => {
    // As postgres' own database sorts in code point order, B comes before a.
    await queryRows(source.url, `create schema sorted; create table sorted.names (name text not null) partition by range (name);
      create table sorted.early partition of sorted.names for values from (minvalue) to ('a'); create table sorted.late partition of sorted.names for values from ('a') to (maxvalue);
      insert into sorted.names values ('Bsecret'), ('csecret')`);
    const sorted = await bench.backUp(source.url);
    await queryRows(source.url, "drop schema sorted cascade");
    const error = await bench.restore(await create("encoding 'UTF8' locale_provider icu icu_locale 'en'"), { from: sorted.run_id }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "HF505", message: expect.stringContaining("sorted.early"), hint: expect.stringContaining("locale of the source") });
    expect(JSON.stringify([error, (error as Error).message, (error as Error).cause])).not.toContain("secret");
  });

  it("exportBackup() takes SQL_ASCII that is UTF-8, and names the table with a value that is not", async () => {
    const ascii = "encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C'";
    const url = await create(ascii);
    await applyMigrations(url);
    await queryRows(url, "set client_encoding = 'UTF8'; create table public.words (word text); insert into public.words values ('é, 日本')");
    const run = await bench.backUp(url);
    expect(problemsOf(await bench.restore(await create(ascii), { from: run.run_id }))).toMatchObject({ verdict: "passed", failed: [] });
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query("set client_encoding = 'SQL_ASCII'; create table public.raw (word text); insert into public.raw values (E'\\xe9secret')").finally(() => client.end());
    const error = await bench.backUp(url).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "HF305", message: expect.stringContaining("public.raw") });
    expect(JSON.stringify([error, (error as Error).message])).not.toMatch(/secret|0xe9/);
  });
});
