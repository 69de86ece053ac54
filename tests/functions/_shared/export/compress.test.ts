import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { compress } from "../../../../functions/_shared/export/compress.ts";

describe("compress()", () => {
  it("compress() gives the same bytes for the same input, so that a second attempt finds its own object", async () => {
    const input = Buffer.from("a,b\n".repeat(1000));
    expect(await compress(input)).toEqual(await compress(input));
    expect(gunzipSync(await compress(input))).toEqual(input);
    expect(gunzipSync(await compress(new Uint8Array()))).toHaveLength(0);
  });

  it("compress() looks less far back where rows of random values have nothing to find there, and far back for long rows", async () => {
    const random = Buffer.from(Array.from({ length: 6_000 }, (_, n) => `${n}\t${createHash("md5").update(String(n)).digest("hex")}\n`).join(""));
    // Each line comes again after 6,000 bytes, which only the larger window reaches.
    const distant = Buffer.from(Array.from({ length: 6_000 }, (_, n) => `${createHash("md5").update(String(n % 180)).digest("hex")}\n`).join(""));
    const sizes = async (bytes: Buffer, rowBytes: number) => {
      const packed = await compress(bytes, rowBytes);
      expect(gunzipSync(packed).equals(bytes)).toBe(true);
      return [12, 13, 15].filter((windowBits) => gzipSync(bytes, { level: 1, windowBits }).byteLength === packed.byteLength);
    };
    expect(await sizes(random, 38)).toEqual([12]);
    expect(await sizes(distant, 33)).toEqual([13]);
    expect(await sizes(distant, 2_000)).toEqual([15]);
  });

  it("compress() makes no larger objects in a function, whose zlib is another one", async () => {
    const rows = Buffer.from(Array.from({ length: 10_000 }, (_, n) =>
      `${n}\t${["visit", "invoice"][n % 2]}\t2024-01-01 00:00:${n % 60}+00\t{"ref": "${createHash("md5").update(String(n)).digest("hex")}", "tags": ["t${n % 40}"]}\n`).join(""));
    const dir = await mkdtemp(join(tmpdir(), "holdfast-compress-"));
    try {
      const file = join(dir, "rows");
      await writeFile(file, rows);
      const script = `
        import { compress } from "./functions/_shared/export/compress.ts";
        const rows = Deno.readFileSync(Deno.args[0]);
        Deno.writeFileSync(Deno.args[0] + ".gz", await compress(rows, rows.length / 10_000));`;
      await promisify(execFile)("node_modules/.bin/deno", ["eval", "--node-modules-dir=manual", "--config=functions/deno.json", "--ext=ts", script, file]);
      const packed = await readFile(`${file}.gz`);
      expect(gunzipSync(packed).equals(rows)).toBe(true);
      expect(packed.byteLength).toBeLessThan(1.1 * (await compress(rows, rows.length / 10_000)).byteLength);
    } finally {
      await rm(dir, { recursive: true });
    }
  }, 60_000);
});
