import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { performDrillStep } from "../../../../functions/_shared/drill/perform_drill_step.ts";
import { type DrillWorld, startDrillWorld } from "../../../support/drill_world.ts";

/** One of everything that has steps of its own: rows in chunks, keys, an index, a policy, a view with rows, a sequence, a job. */
const SQL = `
  create schema shop;
  create table shop.customers (id bigint generated always as identity primary key, name text not null unique);
  create table shop.orders (id bigserial primary key, customer_id bigint not null references shop.customers, total numeric(12, 2) not null check (total >= 0), note text);
  insert into shop.customers (name) select 'customer ' || g from generate_series(1, 500) g;
  insert into shop.orders (customer_id, total, note) select 1 + g % 500, g, repeat(md5(g::text), 30) from generate_series(1, 2000) g;
  create index on shop.orders (total);
  alter table shop.orders enable row level security; create policy own on shop.orders for select to authenticated using (customer_id = 1);
  create materialized view shop.totals as select customer_id, sum(total) as total from shop.orders group by 1;
  select cron.schedule('nightly', '0 3 * * *', 'select 1');
  update backup.settings set chunk_bytes = 262144, worker_bytes = 524288`;

describe("performDrillStep()", () => {
  let world: DrillWorld;
  beforeAll(async () => {
    world = await startDrillWorld({ sql: SQL });
  }, 60_000);
  afterAll(() => world.stop());

  it("performDrillStep() takes a drill from its begin to a passed proof, in many invocations", async () => {
    const drillId = await world.start();
    const invocations = await world.workToTheEnd(drillId);
    const drill = await world.read(drillId);
    expect(drill, `${String(drill["failure_code"])} ${String(drill["failure_message"])} ${JSON.stringify(drill["proof"], null, 1)}`).toMatchObject({ state: "complete", verdict: "passed" });
    expect(invocations).toBeGreaterThan(4);
    expect(await world.scratchExists(drillId)).toBe(false);
  }, 60_000);

  it("performDrillStep() can repeat every step after its worker died behind the last statement of it", async () => {
    const drillId = await world.start();
    const died = new Set<number>();
    await world.client.query("update backup.settings set max_attempts = 3 where id");
    await world.workToTheEnd(drillId, async (context, step) => {
      const outcome = await performDrillStep(context, step);
      // All but the ledger knows that it is done.
      if (died.size < 200 && !died.has(step.step_no) && step.kind !== "end") {
        died.add(step.step_no);
        throw Object.assign(new Error("the worker died"), { code: "57P01" });
      }
      return outcome;
    });
    const drill = await world.read(drillId);
    expect(drill, `${String(drill["failure_code"])} ${String(drill["failure_message"])} ${JSON.stringify(drill["proof"], null, 1)}`).toMatchObject({ state: "complete", verdict: "passed" });
    expect(died.size).toBeGreaterThan(10);
  }, 120_000);

  it("performDrillStep() refuses a kind of step it does not know", async () => {
    await expect(performDrillStep({} as never, { kind: "dance" } as never)).rejects.toThrow('does not know steps of kind "dance"');
  });
});
