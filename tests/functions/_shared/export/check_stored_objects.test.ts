import { describe, expect, it } from "vitest";
import { checkStoredObjects } from "../../../../functions/_shared/export/check_stored_objects.ts";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import type { S3Client } from "../../../../functions/_shared/s3/s3_client.ts";

function bucket(objects: Record<string, number>): S3Client {
  return {
    async *listObjects(prefix: string) {
      for (const [key, bytes] of Object.entries(objects)) if (key.startsWith(prefix)) yield { key, bytes };
    },
  } as unknown as S3Client;
}

describe("checkStoredObjects()", () => {
  const expected = new Map([["run/a", 1], ["run/b", 2]]);

  it("checkStoredObjects() accepts what was stored, debris beside it included", async () => {
    await expect(checkStoredObjects(bucket({ "run/a": 1, "run/b": 2, "run/b~2": 99 }), "run/", expected)).resolves.toBeUndefined();
  });

  it("checkStoredObjects() does not change the list it was given", async () => {
    await checkStoredObjects(bucket({ "run/a": 1, "run/b": 2 }), "run/", expected);
    expect(expected.size).toBe(2);
  });

  it("checkStoredObjects() throws HF308 for a missing object and says how many there are", async () => {
    await expect(checkStoredObjects(bucket({ "run/a": 1 }), "run/", expected)).rejects.toMatchObject({
      code: "HF308", message: expect.stringContaining("run/b"), detail: expect.stringContaining("1 of 2"),
    });
    await expect(checkStoredObjects(bucket({}), "run/", expected)).rejects.toMatchObject({ code: "HF308", detail: expect.stringContaining("2 of 2") });
  });

  it("checkStoredObjects() throws HF308 for an object of another size", async () => {
    await expect(checkStoredObjects(bucket({ "run/a": 1, "run/b": 0 }), "run/", expected)).rejects.toMatchObject({ code: "HF308", message: expect.stringContaining("another size") });
  });

  it("checkStoredObjects() hands on that the storage refuses the listing", async () => {
    const refusing = { listObjects: () => { throw new HoldfastError("HF202", "denied"); } } as unknown as S3Client;
    await expect(checkStoredObjects(refusing, "run/", expected)).rejects.toMatchObject({ code: "HF202" });
  });
});
