import { readFile } from "node:fs/promises";
import { build } from "esbuild";
import type { Plugin } from "esbuild";

/** `import type` and `export type … from` vanish when compiled, but a deployed function is type-checked with them. */
const TYPE_EDGE = /^(import|export) type (?=\{|\*|\w+ from)/gm;

const keepTypeEdges: Plugin = {
  name: "keep-type-edges",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/, namespace: "file" }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replaceAll(TYPE_EDGE, "$1 "),
      loader: "ts",
    }));
  },
};

/** Every file of the repository that an entry point imports, directly or not, found by a bundler; relative, sorted. */
export async function importClosure(workdir: string, entrypoint: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [entrypoint],
    absWorkingDir: workdir,
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "node",
    packages: "external",
    plugins: [keepTypeEdges],
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    logLevel: "silent",
  });
  return Object.keys(metafile.inputs).sort();
}

/** Size in bytes of one minified file with everything an entry point needs, npm packages included. */
export async function bundleSize(workdir: string, entrypoint: string): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [entrypoint],
    absWorkingDir: workdir,
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    platform: "node",
    target: "es2023",
    // pg loads these only where they exist; neither does in an Edge Function.
    external: ["pg-native", "cloudflare:sockets"],
    logLevel: "silent",
  });
  return outputFiles.reduce((sum, file) => sum + file.contents.byteLength, 0);
}
