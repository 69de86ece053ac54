import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../../../../functions/_shared/database/connect.ts";
import { startDrill } from "../../../../functions/_shared/drill/start_drill.ts";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/database.ts";
import { reportHistory } from "../../../support/report_history.ts";

const [OLDER, FAILED, NEWER] = ["20260101T010000Z-000001", "20260105T010000Z-000002", "20260108T010000Z-000003"];

describe("startDrill()", () => {
  let database: TestDatabase;
  let client: Client;
  beforeAll(async () => {
    database = await createTestDatabase({ migrated: true });
    client = await connect(database.url, { applicationName: "holdfast test" });
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });
  beforeEach(() => client.query("begin"));
  const undo = () => client.query("rollback");
  const drill = async (id: string) => (await client.query("select d.run_id, d.trigger, d.engine, d.selection, d.state from backup.drills d where d.drill_id = $1", [id])).rows[0] as unknown;
  const history = () => client.query(reportHistory);

  it("startDrill() says with HF500 that there is nothing to restore", async () => {
    await expect(startDrill(client, "sql", "latest")).rejects.toMatchObject({ code: "HF500", hint: expect.stringContaining("export") });
    await undo();
  });

  it.each([["schedule", "latest", NEWER, "latest"], ["http", OLDER, OLDER, "named"]] as const)("startDrill() by %s of %s starts a drill of that restore point and returns its id", async (trigger, from, run, selection) => {
    await history();
    const id = await startDrill(client, trigger, from);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(await drill(id)).toEqual({ run_id: run, trigger, engine: "functions", selection, state: "running" });
    await undo();
  });

  it("startDrill() leaves the choice to the settings where none is made", async () => {
    await history();
    await client.query("update backup.settings set drill_from = 'latest' where id");
    expect(await drill(await startDrill(client, "schedule", null))).toMatchObject({ run_id: NEWER, selection: "latest" });
    await undo();
  });

  it("startDrill() refuses an unknown run with HF001 and one that is no restore point with HF500", async () => {
    await history();
    await client.query("savepoint before");
    const refused = await startDrill(client, "sql", "20200101T000000Z-ffffff").catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(HoldfastError);
    expect(refused).toMatchObject({ code: "HF001", message: expect.stringContaining("20200101T000000Z-ffffff"), hint: expect.any(String) });
    await client.query("rollback to savepoint before");
    await expect(startDrill(client, "sql", FAILED ?? "")).rejects.toMatchObject({ code: "HF500", detail: expect.stringContaining(FAILED ?? "") });
    await undo();
  });

  it("startDrill() refuses a second one with HF507, naming the first", async () => {
    await history();
    const id = await startDrill(client, "sql", "latest");
    await client.query("savepoint first");
    await expect(startDrill(client, "http", OLDER ?? "")).rejects.toMatchObject({ code: "HF507", message: expect.stringContaining(id) });
    await undo();
  });

  it("startDrill() passes on what is no answer of the ledger", async () => {
    await client.query("set local role anon");
    await expect(startDrill(client, "sql", "latest")).rejects.toMatchObject({ code: "42501" });
    await undo();
  });
});
