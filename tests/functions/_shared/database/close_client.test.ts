import type { Client } from "pg";
import { expect, it } from "vitest";
import { closeClient } from "../../../../functions/_shared/database/close_client.ts";

const ending = (end: () => Promise<void>) => ({ end }) as unknown as Client;

it("closeClient() ends the session", async () => {
  let ended = false;
  await closeClient(ending(async () => void (ended = true)));
  expect(ended).toBe(true);
});

it("closeClient() neither throws nor waits for a goodbye that does not come", async () => {
  await closeClient(ending(() => Promise.reject(new Error("lost"))));
  const startedAt = performance.now();
  await closeClient(ending(() => new Promise(() => undefined)));
  expect(performance.now() - startedAt).toBeLessThan(3_000);
});
