import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { captureSequences } from "../../../../functions/_shared/export/capture_sequences.ts";
import type { ClaimedChunk } from "../../../../functions/_shared/export/ledger.ts";
import { claimKind, createExportWorld, type ExportWorld, openRun, type OpenRun, planned } from "../../../support/export_world.ts";

describe("captureSequences()", () => {
  let world: ExportWorld;
  let run: OpenRun;
  let chunk: ClaimedChunk;

  beforeAll(async () => {
    world = await createExportWorld();
    await world.sql(`
      create schema shop; update backup.settings set included_schemas = '{shop}' where id;
      create sequence shop.unused start 7; create sequence shop."Odd ""name""";
      create sequence shop.huge maxvalue 9223372036854775807 start 9007199254740993; select nextval('shop.huge');
      create table shop.orders (id bigint generated always as identity, line smallint generated always as identity (increment -1));
      select nextval('shop.orders_id_seq'), nextval('shop.orders_line_seq') from generate_series(1, 5);
      create sequence shop.down increment -5 maxvalue 100 start 100; select nextval('shop.down'), nextval('shop.down');
      create sequence public.elsewhere`);
    run = await openRun(world);
    await planned(run);
    // Moved after the snapshot was taken: the position must not be behind rows that a restore brings back.
    await world.sql("select setval('shop.\"Odd \"\"name\"\"\"', 42)");
    await world.sql("truncate shop.orders restart identity; select nextval('shop.orders_id_seq'); select setval('shop.down', 97, false), setval('shop.huge', 1)");
    const [first] = await claimKind(run, "sequences");
    if (first === undefined) throw new Error("no chunk");
    chunk = first;
  });

  afterAll(async () => {
    await run.close();
    await world.close();
  });

  it("captureSequences() stores the further ones of now and of the plan, exact beyond 2^53, of the included schemas", async () => {
    await captureSequences(run.context, chunk);
    const text = gunzipSync(await world.s3.getObject(`${run.context.objectPrefix}sequences.json.gz`)).toString();
    expect(JSON.parse(text)).toEqual([
      { schema: "shop", name: 'Odd "name"', last_value: "42", is_called: true },
      // Set back since the plan: the rows of the snapshot go up to where they were.
      { schema: "shop", name: "down", last_value: "95", is_called: true },
      { schema: "shop", name: "huge", last_value: "9007199254740993", is_called: true },
      { schema: "shop", name: "orders_id_seq", last_value: "5", is_called: true },
      { schema: "shop", name: "orders_line_seq", last_value: "-5", is_called: true },
      { schema: "shop", name: "unused", last_value: "7", is_called: false },
    ]);
    const [row] = await world.sql<{ state: string }>("select state from backup.chunks where run_id = $1 and kind = 'sequences'", [run.runId]);
    expect(row?.state).toBe("done");
  });

  it("captureSequences() reports nothing for a claim that is lost", async () => {
    await expect(captureSequences(run.context, { ...chunk, attempt: 2 })).rejects.toMatchObject({ code: "HF004" });
  });
});
