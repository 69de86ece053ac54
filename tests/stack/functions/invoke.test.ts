import { once } from "node:events";
import { createServer } from "node:http";
import { expect, it } from "vitest";
import type { Invocation } from "../../../stack/functions/invocation.ts";
import { invoke } from "../../../stack/functions/invoke.ts";
import { IsolatePool } from "../../../stack/functions/isolate_pool.ts";
import { isolateOptions } from "../../support/isolate_options.ts";

it("invoke() serves while the pool is open, and answers 500 with an empty bill once it is closed", async () => {
  const made = await isolateOptions();
  const pool = new IsolatePool({ ...made.options, maxIsolates: 1 });
  const bills: Promise<Invocation>[] = [];
  const server = createServer((request, response) => {
    bills.push(invoke(request, response, { pool, slug: "echo", path: "/echo", firstByteMs: 5_000 }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  expect((await fetch(url)).status).toBe(200);
  expect(await bills[0]).toMatchObject({ slug: "echo", status: 200, outcome: "ok" });
  await pool.close();
  const late = await fetch(url);
  expect([late.status, await late.json()]).toEqual([500, expect.objectContaining({ code: "WORKER_ERROR" })]);
  expect(await bills[1]).toMatchObject({ status: 500, outcome: "error", cpuMs: 0 });
  server.close();
  made.clear();
});
