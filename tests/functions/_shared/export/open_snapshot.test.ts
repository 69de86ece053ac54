import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { importSnapshot, inSnapshot } from "../../../../functions/_shared/export/open_snapshot.ts";
import { createExportWorld, type ExportWorld, openRun, type OpenRun } from "../../../support/export_world.ts";
import { waitUntil } from "../../../support/wait_until.ts";

describe("inSnapshot()", () => {
  let world: ExportWorld;
  let run: OpenRun;

  beforeAll(async () => {
    world = await createExportWorld();
    await world.sql("create table public.ledger (id integer); insert into public.ledger values (1)");
  });

  afterEach(async () => {
    await run.close();
  });

  afterAll(async () => {
    await world.close();
  });

  const count = async (): Promise<unknown> => (await run.context.client.query("select count(*)::int as n from public.ledger")).rows[0]?.n;
  const killKeeper = async (): Promise<void> => {
    await world.sql("select pg_terminate_backend(keeper_pid) from backup.runs where run_id = $1", [run.runId]);
    await waitUntil(async () => !(await run.ledger.keeperHolds(run.runId, run.context.snapshotId)));
  };

  it("inSnapshot() sees what the keeper saw while another session writes, and the present afterwards", async () => {
    run = await openRun(world);
    await world.sql("insert into public.ledger values (2), (3)");
    const seen = await inSnapshot(run.context.client, run.context, async () => {
      const before = await count();
      await world.sql("delete from public.ledger where id = 1");
      return [before, await count()];
    });
    expect(seen).toEqual([1, 1]);
    expect(await count()).toBe(2);
  });

  it("inSnapshot() reads only: a write inside is refused by the server", async () => {
    run = await openRun(world);
    await expect(inSnapshot(run.context.client, run.context, () => run.context.client.query("insert into public.ledger values (9)")))
      .rejects.toMatchObject({ code: "25006" });
  });

  it("inSnapshot() throws HF300 when the keeper is gone, and leaves the client usable", async () => {
    run = await openRun(world);
    await killKeeper();
    let read = false;
    await expect(inSnapshot(run.context.client, run.context, async () => { read = true; })).rejects.toMatchObject({ code: "HF300" });
    expect(read).toBe(false);
    expect(await count()).toEqual(expect.any(Number));
  });

  it("inSnapshot() throws HF300 when the snapshot id was reused by a session that is not the keeper of this run", async () => {
    run = await openRun(world);
    await killKeeper();
    const impostor = await world.connect("holdfast impostor");
    await impostor.query("begin isolation level repeatable read");
    const { rows: [row] } = await impostor.query<{ id: string }>("select pg_export_snapshot() as id");
    const stolen = { ...run.context, snapshotId: row?.id ?? "" };
    // The import itself works; only the look at the keeper tells that it is the wrong one.
    await expect(inSnapshot(run.context.client, stolen, async () => undefined)).rejects.toMatchObject({ code: "HF300" });
    await impostor.end();
  });

  it("inSnapshot() ends the transaction after an error and throws the first one", async () => {
    run = await openRun(world);
    const failure = new Error("first");
    await expect(inSnapshot(run.context.client, run.context, async () => {
      await run.context.client.query("select 1 / 0").catch(() => undefined);
      throw failure;
    })).rejects.toBe(failure);
    expect(await count()).toEqual(expect.any(Number));
  });

  it.each(["'; drop table public.ledger; --", "", "00000003-0000001B", "zz-zz-1"])("importSnapshot() refuses %j before it reaches the server", async (snapshotId) => {
    run = await openRun(world);
    await run.context.client.query("begin isolation level repeatable read read only");
    await expect(importSnapshot(run.context.client, { ...run.context, snapshotId })).rejects.toMatchObject({ code: "HF300" });
    await run.context.client.query("rollback");
  });

  it("importSnapshot() throws HF300 for an id that names nothing", async () => {
    run = await openRun(world);
    await run.context.client.query("begin isolation level repeatable read read only");
    await expect(importSnapshot(run.context.client, { ...run.context, snapshotId: "00000FFF-0000FFFF-1" })).rejects.toMatchObject({ code: "HF300" });
    await run.context.client.query("rollback");
  });

  it("importSnapshot() hands on errors that say nothing about the keeper", async () => {
    run = await openRun(world);
    // In READ COMMITTED no snapshot can be imported: a bug of the caller, not a lost keeper.
    await run.context.client.query("begin");
    await expect(importSnapshot(run.context.client, run.context)).rejects.toMatchObject({ code: "0A000" });
    await run.context.client.query("rollback");
  });
});
