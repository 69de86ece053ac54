import { createServer } from "node:net";
import { once } from "node:events";
import { expect, it } from "vitest";
import { freePort } from "../../stack/free_port.ts";

it("freePort() skips ports that are taken, here or by the caller", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const next = await freePort("127.0.0.1", address.port);
  expect(next).toBeGreaterThan(address.port);
  expect(await freePort("127.0.0.1", address.port, new Set([next]))).toBeGreaterThan(next);
  server.close();
});
