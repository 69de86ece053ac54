import { expect, it } from "vitest";
import { listArchived } from "../../../../functions/_shared/restore/list_archived.ts";

it("listArchived() names what is in an archive, and no proof", async () => {
  const classes: Record<string, string> = { "r/manifest.json": "STANDARD", "r/data/a": "GLACIER", "r/data/b": "DEEP_ARCHIVE", "r/data/c": "GLACIER_IR", "r/proofs/1.json": "GLACIER" };
  const s3 = {
    async *listObjects(prefix: string) {
      expect(prefix).toBe("r/");
      for (const [key, storageClass] of Object.entries(classes)) yield { key, storageClass, bytes: 7, etag: "", lastModified: new Date(0) };
    },
  };
  expect(await listArchived(s3, "r/")).toEqual([{ key: "r/data/a", bytes: 7, storageClass: "GLACIER" }, { key: "r/data/b", bytes: 7, storageClass: "DEEP_ARCHIVE" }]);
});
