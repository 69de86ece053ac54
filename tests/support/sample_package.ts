import type { HoldfastPackage } from "../../cli/install/read_package.ts";

/** A small package to install: functions `one` and `two`, with the same shapes as the real one has. */
export function samplePackage(given: { version?: string; files?: Record<string, string>; migrations?: Record<string, string>; functions?: string[] } = {}): HoldfastPackage {
  const texts = given.files ?? { "_shared/a.ts": "export const A = 1;\n", "one/index.ts": 'import "../_shared/a.ts";\n', "two/index.ts": 'import "../_shared/a.ts";\n', "deno.json": "{}\n" };
  const migrations = given.migrations ?? { "20260101000000_holdfast.sql": "create schema if not exists backup;\n" };
  return {
    version: given.version ?? "1.0.0",
    functions: new Map((given.functions ?? ["one", "two"]).map((slug) => [slug, { entrypoint: `./holdfast/${slug}/index.ts`, import_map: "./holdfast/deno.json", verify_jwt: false }])),
    files: new Map(Object.entries(texts).map(([path, text]) => [path, Buffer.from(text)])),
    migrations: Object.entries(migrations).map(([release, text]) => ({ release, content: Buffer.from(text) })),
  };
}
