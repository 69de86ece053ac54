import pg from "pg";
import { expect, it } from "vitest";
import { createTestDatabase } from "../support/database.ts";

it("createTestDatabase() gives each caller a database of its own, quickly", async () => {
  const warmUp = await createTestDatabase();
  await warmUp.drop();
  const started = performance.now();
  const first = await createTestDatabase();
  const elapsed = performance.now() - started;
  const second = await createTestDatabase();
  const client = new pg.Client(first.url);
  await client.connect();
  await client.query("create table public.mine (id int)");
  const other = new pg.Client(second.url);
  await other.connect();
  await expect(other.query("select * from public.mine")).rejects.toMatchObject({ code: "42P01" });
  await client.end();
  await other.end();
  await Promise.all([first.drop(), second.drop()]);

  expect(elapsed).toBeLessThan(2_000);
});
