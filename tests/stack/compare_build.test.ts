import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { withClient } from "../../functions/_shared/database/connect.ts";
import { compareBuild } from "../../stack/compare_build.ts";
import { createTestDatabase } from "../support/database.ts";

const dir = mkdtempSync(join(tmpdir(), "holdfast-build-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const commented = (...comments: (string | null)[]) => ({ query: async () => ({ rows: comments.map((comment) => ({ comment: comment ?? "" })) }) });

describe("compareBuild()", () => {
  it("compareBuild() knows a database with the migrations of this checkout, and one without", async () => {
    const database = await createTestDatabase({ migrated: true });
    const bare = await createTestDatabase();
    try {
      await withClient(database.url, { applicationName: "test" }, async (client) => {
        expect(await compareBuild(client)).toBe("same");
        await client.query("comment on schema backup is 'Holdfast. Build 000000000000.'");
        expect(await compareBuild(client)).toBe("other");
      });
      expect(await withClient(bare.url, { applicationName: "test" }, (client) => compareBuild(client))).toBe("missing");
    } finally {
      await database.drop();
      await bare.drop();
    }
  });

  it("compareBuild() compares with the newest migration, and takes a schema without a build for another", async () => {
    writeFileSync(join(dir, "20260101000000_a.sql"), "-- Build aaaaaaaaaaaa.\n");
    writeFileSync(join(dir, "20260102000000_b.sql"), "-- Build bbbbbbbbbbbb.\n");
    writeFileSync(join(dir, "20260103000000_mine.sql"), "select 1;\n");
    expect(await compareBuild(commented("Holdfast. Build bbbbbbbbbbbb."), dir)).toBe("same");
    expect(await compareBuild(commented("Holdfast. Build aaaaaaaaaaaa."), dir)).toBe("other");
    expect(await compareBuild(commented(null), dir)).toBe("other");
    expect(await compareBuild(commented(), dir)).toBe("missing");
  });

  it("compareBuild() refuses migrations without a build with HF903", async () => {
    const empty = mkdtempSync(join(tmpdir(), "holdfast-build-"));
    await expect(compareBuild(commented(null), empty)).rejects.toMatchObject({ code: "HF903" });
    rmSync(empty, { recursive: true });
  });
});
