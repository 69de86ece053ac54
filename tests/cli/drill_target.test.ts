import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { flavorFor, startEmbeddedTarget } from "../../cli/drill_target.ts";
import { closeClient } from "../../functions/_shared/database/close_client.ts";

describe("flavorFor()", () => {
  it.each([[150_008, "embedded"], [170_010, "embedded"], [180_004, "embedded18"]] as const)("flavorFor() has a server that can take a backup of version %i", (version, flavor) => {
    expect(flavorFor(version)).toBe(flavor);
  });
});

describe("startEmbeddedTarget()", () => {
  it("startEmbeddedTarget() starts a new Supabase project without those schemas of the platform that the backup brings, and removes all of it at the end", async () => {
    const dirs = () => readdirSync(tmpdir()).filter((name) => name.startsWith("holdfast-drill-"));
    const before = dirs();
    const target = await startEmbeddedTarget("embedded", new Set(["public", "storage"]));
    const client = await target.connect("holdfast test");
    const { rows: [row] } = await client.query<{ dir: string; schemas: string[]; superuser: boolean; own_oid: boolean }>(
      `select (select d.oid >= 1000000000 from pg_database d where d.datname = current_database()) as own_oid,
              (select array_agg(n.nspname::text order by n.nspname) from pg_namespace n where n.nspname in ('auth', 'public', 'storage', 'vault')) as schemas,
              (select r.rolsuper from pg_roles r where r.rolname = current_user) as superuser`);
    expect(row).toMatchObject({ schemas: ["auth", "public", "vault"], superuser: false, own_oid: true });
    await closeClient(client);
    const made = dirs().filter((name) => !before.includes(name));
    expect(made.length).toBeGreaterThanOrEqual(1);
    await target.stop();
    await target.stop();
    expect(made.some((name) => !existsSync(`${tmpdir()}/${name}`))).toBe(true);
    await expect(target.connect("holdfast test")).rejects.toMatchObject({ code: "HF104" });
  }, 60_000);

  it("startEmbeddedTarget() starts beside another one of the same moment, and removes all of it when a signal ends the process", async () => {
    const module = join(import.meta.dirname, "../../cli/drill_target.ts");
    const script = `const { startEmbeddedTarget } = await import(${JSON.stringify(module)}); await startEmbeddedTarget("embedded", new Set()); console.log("up"); setInterval(() => undefined, 1000);`;
    const endWith = async (signal: NodeJS.Signals) => {
      const temporary = mkdtempSync(join(tmpdir(), "holdfast-signal-"));
      // The server runs as another user and has to get there.
      chmodSync(temporary, 0o755);
      const drills = () => readdirSync(temporary).filter((name) => name.startsWith("holdfast-drill-")).length;
      const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], { env: { ...process.env, TMPDIR: temporary }, stdio: ["ignore", "pipe", "inherit"] });
      try {
        await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
        const before = drills();
        child.kill(signal);
        return { before, ended: await once(child, "exit"), after: drills() };
      } finally {
        child.kill("SIGKILL");
        rmSync(temporary, { recursive: true, force: true });
      }
    };
    expect(await Promise.all([endWith("SIGINT"), endWith("SIGHUP")])).toEqual([{ before: 1, ended: [null, "SIGINT"], after: 0 }, { before: 1, ended: [null, "SIGHUP"], after: 0 }]);
  }, 60_000);
});
