import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { giveTo, unprivilegedUser } from "../../../stack/processes/unprivileged_user.ts";
import { findServer } from "../../../stack/postgres/find_server.ts";
import { runPostgres, socketDirOf } from "../../../stack/postgres/run_postgres.ts";

it("runPostgres() reports a server that ends at once with HF902 and the last lines of its log", async () => {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-broken-"));
  giveTo(unprivilegedUser(), dir);
  writeFileSync(join(dir, "postgresql.conf"), "no such setting\n");
  const server = await findServer(inject("holdfastCluster").flavor);
  await expect(runPostgres({ server, dataDir: dir, host: "127.0.0.1", port: 56_999, logFile: join(dir, "log") }))
    .rejects.toMatchObject({ code: "HF902", detail: expect.stringContaining("syntax error") });
  rmSync(dir, { recursive: true });
  rmSync(socketDirOf(dir), { recursive: true, force: true });
});

it("socketDirOf() stays short for a long path, and differs per cluster", () => {
  expect(socketDirOf(`/${"deep/".repeat(60)}`).length).toBeLessThan(80);
  expect(socketDirOf("/a")).not.toBe(socketDirOf("/b"));
});
