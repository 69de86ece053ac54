import { execFileSync } from "node:child_process";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { HAS_ISAL } from "../support/has_isal.ts";
import { REPO_ROOT } from "../../stack/repo_root.ts";

/** Pieces of memory that glibc has from the system by themselves, before and after an 8 MB buffer is made when one like it was freed. */
async function mappedPieces(prologue: string): Promise<{ returned: boolean; before: number; after: number }> {
  const { outputFiles: [file] } = await build({
    stdin: {
      contents: `${prologue}
        import koffi from "koffi";
        const info = koffi.struct({ ...Object.fromEntries(["arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"].map((name) => [name, "size_t"])) });
        const mallinfo2 = koffi.load("libc.so.6").func("mallinfo2", info, []);
        const free = koffi.load("libc.so.6").func("void free(void *)"), malloc = koffi.load("libc.so.6").func("void *malloc(size_t)");
        free(malloc(8_000_000));
        const before = mallinfo2().hblks; malloc(8_000_000); const after = mallinfo2().hblks;
        console.log(JSON.stringify({ returned, before, after }));`,
      resolveDir: REPO_ROOT, loader: "ts",
    }, bundle: true, write: false, platform: "node", format: "esm", packages: "external",
  });
  return JSON.parse(execFileSync(process.execPath, ["--input-type=module", "-e", file?.text ?? "throw 0"], { encoding: "utf8", cwd: REPO_ROOT })) as { returned: boolean; before: number; after: number };
}

describe("returnMemory()", () => {
  // Where ISA-L is there are koffi and Debian's C library too.
  it.runIf(HAS_ISAL)("returnMemory() has large memory given back to the system, which glibc itself would keep from then on", async () => {
    const kept = await mappedPieces("const returned = false;");
    expect(kept.after).toBe(kept.before);
    const given = await mappedPieces("import { returnMemory } from './cli/return_memory.ts'; const returned = await returnMemory();");
    expect(given).toEqual({ returned: true, before: given.before, after: given.before + 1 });
  });
});
