import { createClient } from "@supabase/supabase-js";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { applyMigrations } from "../../stack/apply_migrations.ts";
import { type Stack, startStack } from "../../stack/start_stack.ts";
import { parseMetrics } from "../support/parse_metrics.ts";

// A program in somebody's application talks to the functions through the client it has already.
let stack: Stack;

/** Node 20 has no WebSocket of its own and the client insists on one; nothing here opens it. */
class NoWebSocket {}
const clientWith = (key: string) => createClient(stack.apiUrl, key, { realtime: { transport: NoWebSocket as never } });

const dir = mkdtempSync(join(tmpdir(), "holdfast-client-"));

beforeAll(async () => {
  chmodSync(dir, 0o755);
  stack = await startStack({ dir, freshData: true, s3: false });
  await applyMigrations(stack.databaseUrl);
});

afterAll(async () => {
  await stack.stop();
  rmSync(dir, { recursive: true, force: true });
});

test("supabase-js reads the status with a secret key", async () => {
  const { data, error } = await clientWith(stack.secretKey).functions.invoke("backup-status", { method: "GET" });
  expect(error).toBeNull();
  expect(data).toMatchObject({ health: "never_ran", newest_restore_point: null });
});

test("Prometheus reads metrics from the function in Deno, with the key as a bearer token", async () => {
  const response = await fetch(`${stack.functionsUrl}/backup-status`, {
    headers: { authorization: `Bearer ${stack.secretKey}`, accept: "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1" },
  });
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/openmetrics-text; version=1.0.0; charset=utf-8"]);
  expect(parseMetrics(await response.text(), "openmetrics").get("holdfast_never_succeeded")?.samples).toHaveLength(3);
});

test("supabase-js is told that the secondary backup is off while S3 is not configured", async () => {
  const { data, error } = await clientWith(stack.secretKey).functions.invoke("export-backup", { body: {} });
  expect(error).toBeNull();
  expect(data).toMatchObject({ state: "off" });
});

test("supabase-js is refused with a publishable key", async () => {
  for (const name of ["backup-status", "export-backup", "verify-backup"]) {
    const { data, error } = await clientWith(stack.publishableKey).functions.invoke(name, { body: {} });
    expect(data).toBeNull();
    expect((error as { context?: Response }).context?.status).toBe(name === "backup-status" ? 405 : 401);
  }
});
