import { withClient } from "../../functions/_shared/database/connect.ts";

const MIB = 1024 * 1024;

/**
 * Fills a database with about `bytes` of rows such as applications have: keys, names, timestamps, prices, JSON documents
 * and some text that TOAST moves out. Eight tables, so that two workers have something to share.
 *
 * @param related with a table they all refer to, and the indexes that such tables have: what a restore has to build again
 */
export async function makeData(databaseUrl: string, bytes: number, related = false): Promise<void> {
  const rowsPerTable = Math.round(bytes / 8 / 300);
  await withClient(databaseUrl, { applicationName: "holdfast bench" }, async (client) => {
    await client.query("create schema if not exists bench");
    if (related) {
      await client.query("create table bench.tenants (id uuid primary key, name text not null unique)");
      await client.query("insert into bench.tenants select md5(g::text)::uuid, 'tenant ' || g from generate_series(0, 499) g");
    }
    for (let table = 1; table <= 8; table += 1) {
      await client.query(`create table bench.events_${table} (
        id bigint primary key, tenant_id uuid not null, kind text not null, amount numeric(12,2) not null,
        happened_at timestamptz not null, active boolean not null, document jsonb not null, note text)`);
      await client.query(`insert into bench.events_${table}
        select i, md5((i % 500)::text)::uuid, (array['visit', 'invoice', 'prescription', 'reminder'])[1 + i % 4],
               (i % 100000) / 100.0, timestamptz '2024-01-01 00:00:00Z' + i * interval '37 seconds', i % 7 <> 0,
               jsonb_build_object('sku', 'A-' || i % 9000, 'quantity', i % 12, 'tags', jsonb_build_array('t' || i % 40, 'x'), 'ref', md5(i::text)),
               case when i % 400 = 0 then repeat(md5(i::text), 120) else 'note ' || md5((i * 7)::text) end
        from generate_series(1, ${rowsPerTable}) i`);
      if (related) {
        await client.query(`alter table bench.events_${table} add foreign key (tenant_id) references bench.tenants`);
        await client.query(`create index on bench.events_${table} (tenant_id, happened_at); create index on bench.events_${table} (kind)`);
      }
    }
    await client.query("vacuum (analyze)");
    const { rows: [size] } = await client.query<{ mb: string }>("select round(sum(pg_table_size(c.oid)) / 1048576.0) as mb from pg_class c where relnamespace = 'bench'::regnamespace and relkind = 'r'");
    process.stderr.write(`  data: ${size?.mb ?? "?"} MiB in tables (asked for ${Math.round(bytes / MIB)})\n`);
  });
}
