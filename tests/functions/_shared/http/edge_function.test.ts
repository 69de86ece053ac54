import { expect, it } from "vitest";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import { edgeFunction } from "../../../../functions/_shared/http/edge_function.ts";

const request = new Request("http://localhost/");

it("edgeFunction() makes its handler once, at the first request", async () => {
  let made = 0;
  const { fetch } = edgeFunction(() => { made++; return async () => new Response("ok"); });
  expect(made).toBe(0);
  await fetch(request);
  expect(await (await fetch(request)).text()).toBe("ok");
  expect(made).toBe(1);
});

it("edgeFunction() answers a wrong configuration with its error", async () => {
  const { fetch } = edgeFunction(() => { throw new HoldfastError("HF102", "The database URL is not set"); });
  const response = await fetch(request);
  expect([response.status, await response.json()]).toEqual([500, expect.objectContaining({ code: "HF102" })]);
});
