import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { stackKeys } from "../../stack/stack_keys.ts";

it("stackKeys() makes keys once per directory, private to their owner, and again when the file is torn", () => {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-keys-"));
  const keys = stackKeys(dir);
  expect(keys.secretKey).toMatch(/^sb_secret_.{32}$/);
  expect(keys.publishableKey).toMatch(/^sb_publishable_.{32}$/);
  const claims: unknown = JSON.parse(Buffer.from(keys.serviceRoleKey.split(".")[1] ?? "", "base64url").toString());
  expect(claims).toMatchObject({ role: "service_role" });
  expect(stackKeys(dir)).toEqual(keys);
  expect(statSync(join(dir, "keys.json")).mode & 0o077).toBe(0);
  writeFileSync(join(dir, "keys.json"), '{"secretKey": ');
  expect(stackKeys(dir).secretKey).not.toBe(keys.secretKey);
  rmSync(dir, { recursive: true });
});
