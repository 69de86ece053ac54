import { createHash } from "node:crypto";
import { inspect } from "node:util";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readGlobals } from "../../../../functions/_shared/restore/read_globals.ts";
import { memoryBackup } from "../../../support/restore_world.ts";
import { withContent } from "../../../support/with_content.ts";

describe("readGlobals()", () => {
  it("readGlobals() reads what an export has captured", async () => {
    const { backup } = await memoryBackup("create table public.a (id integer)");
    const globals = await readGlobals(backup);
    expect(globals.roles.find((one) => one.name === "service_role")).toMatchObject({ superuser: false, bypass_rls: true });
    expect(Array.isArray(globals.cron_jobs)).toBe(true);
  });

  it("readGlobals() rejects with HF501 another form, and never quotes it", async () => {
    const error = await readGlobals(withContent({ "globals.json": { roles: [{ name: "a", password_verifier: { SECRET: 1 } }] } })).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "HF501", detail: expect.stringContaining("roles.0") });
    expect(inspect(error, { depth: 9 })).not.toContain("SECRET");
    await expect(readGlobals(withContent({}))).rejects.toMatchObject({ code: "HF501" });
    const broken = withContent({ "globals.json": {} });
    const bytes = new Uint8Array(gzipSync("{"));
    broken.s3.objects.set("p/globals.json", bytes);
    Object.assign(broken.manifest.objects[0] ?? {}, { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") });
    await expect(readGlobals(broken)).rejects.toMatchObject({ code: "HF501" });
  });
});
