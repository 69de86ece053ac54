import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, inject, it, vi } from "vitest";
import { findServer, flavorFromEnv } from "../../../stack/postgres/find_server.ts";

afterEach(() => vi.unstubAllEnvs());

it("findServer() finds the flavor asked for, 15 or newer", async () => {
  const server = await findServer(inject("holdfastCluster").flavor);
  expect(existsSync(join(server.binDir, "initdb"))).toBe(true);
  expect(Number.parseInt(server.version, 10)).toBeGreaterThanOrEqual(15);
  if (server.flavor === "embedded") expect(server.hasPgCron).toBe(false);
});

it("findServer() finds PostgreSQL 18 beside the embedded 17, each with binaries of its own", async () => {
  const [older, newer] = [await findServer("embedded"), await findServer("embedded18")];
  expect([Number.parseInt(older.version, 10), Number.parseInt(newer.version, 10)]).toEqual([17, 18]);
  expect(older.binDir).not.toBe(newer.binDir);
});

it("flavorFromEnv() reads HOLDFAST_PG, is embedded without it, and refuses the rest with HF901", () => {
  vi.stubEnv("HOLDFAST_PG", undefined);
  expect(flavorFromEnv()).toBe("embedded");
  vi.stubEnv("HOLDFAST_PG", "system");
  expect(flavorFromEnv()).toBe("system");
  vi.stubEnv("HOLDFAST_PG", "embedded18");
  expect(flavorFromEnv()).toBe("embedded18");
  vi.stubEnv("HOLDFAST_PG", "oracle");
  expect(() => flavorFromEnv()).toThrowError(expect.objectContaining({ code: "HF901" }));
});
