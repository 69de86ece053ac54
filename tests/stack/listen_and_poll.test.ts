import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listenAndPoll } from "../../stack/listen_and_poll.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { queryRows } from "../support/query_rows.ts";
import { waitUntil } from "../support/wait_until.ts";

describe("listenAndPoll()", () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(async () => {
    await database.drop();
  });

  /** Runs the loop, counts its looks, and ends it. */
  async function withLoop(pollMs: number, wait: (looks: number) => number, task: (looks: () => number) => Promise<void>): Promise<void> {
    const stop = new AbortController();
    let looks = 0;
    const running = listenAndPoll({
      databaseUrl: database.url, applicationName: "loop under test", channel: "a Channel", pollMs, signal: stop.signal,
      look: async (client) => {
        await client.query("select 1");
        looks += 1;
        return wait(looks);
      },
    });
    await task(() => looks).finally(async () => {
      stop.abort();
      await running;
    });
  }

  it("listenAndPoll() looks again at once while there is more, then waits, and is woken by its channel", async () => {
    await withLoop(60_000, (looks) => looks < 3 ? 0 : Infinity, async (looks) => {
      await waitUntil(() => looks() === 3);
      await sleep(50);
      expect(looks()).toBe(3);
      await queryRows(database.url, 'notify "a Channel"');
      await waitUntil(() => looks() === 4);
    });
  });

  it("listenAndPoll() polls, and comes back when its session is gone", async () => {
    await withLoop(20, () => Infinity, async (looks) => {
      await waitUntil(() => looks() >= 3);
      await queryRows(database.adminUrl, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'loop under test'");
      const before = looks();
      await waitUntil(() => looks() > before + 2);
    });
    expect(await queryRows(database.url, "select count(*)::integer as open from pg_stat_activity where application_name = 'loop under test'")).toEqual([{ open: 0 }]);
  });
});
