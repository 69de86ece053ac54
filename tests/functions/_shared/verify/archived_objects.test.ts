import { describe, expect, it } from "vitest";
import { HoldfastError } from "../../../../functions/_shared/errors/holdfast_error.ts";
import { comparePresence, isArchivedError, listFacts, partArchived } from "../../../../functions/_shared/verify/archived_objects.ts";

const record = (key: string) => ({ key, sha256: "s", bytes: 3 });
const listed = new Map([["a", { bytes: 3, storageClass: "STANDARD" }], ["b", { bytes: 3, storageClass: "GLACIER" }], ["c", { bytes: 3, storageClass: "DEEP_ARCHIVE" }]]);
const reading = (answer: () => Promise<Uint8Array<ArrayBuffer>>) => {
  const read: string[] = [];
  return { read, getObject: (key: string, options?: object) => (read.push(`${key} ${JSON.stringify(options)}`), answer()), async *listObjects() { yield { key: "a", bytes: 3 }; yield { key: "b", bytes: 4, storageClass: "GLACIER" }; } };
};

describe("partArchived()", () => {
  const objects = ["a", "b", "c"].map(record);
  it("partArchived() parts by class when the first one cannot be read, and by nothing when it can", async () => {
    const frozen = reading(() => Promise.reject(new HoldfastError("HF603", "archived")));
    expect(await partArchived(frozen, objects, listed)).toEqual({ readable: [record("a")], archived: [record("b"), record("c")] });
    expect(frozen.read).toEqual(['b {"range":{"first":0,"last":0}}']);
    expect(await partArchived(reading(() => Promise.resolve(new Uint8Array(1))), objects, listed)).toEqual({ readable: objects, archived: [] });
  });

  it("partArchived() asks nothing where nothing is in an archive, and hands on another refusal", async () => {
    const away = reading(() => Promise.reject(new HoldfastError("HF203", "away")));
    expect(await partArchived(away, [record("a")], listed)).toEqual({ readable: [record("a")], archived: [] });
    await expect(partArchived(away, objects, listed)).rejects.toMatchObject({ code: "HF203" });
  });
});

describe("comparePresence()", () => {
  it("comparePresence() compares with the listing", () => {
    expect([comparePresence(record("a"), listed), comparePresence(record("x"), listed)?.actual, comparePresence({ ...record("b"), bytes: 9 }, listed)?.actual]).toEqual([undefined, "the object is missing", "3 bytes"]);
  });
});

describe("listFacts()", () => {
  it("listFacts() takes STANDARD where no class is named", async () => {
    expect([...await listFacts(reading(() => Promise.reject(new Error("not asked"))), "")]).toEqual([["a", { bytes: 3, storageClass: "STANDARD" }], ["b", { bytes: 4, storageClass: "GLACIER" }]]);
  });
});

describe("isArchivedError()", () => {
  it("isArchivedError() is for HF603 alone", () => {
    expect([new HoldfastError("HF603", "x"), new HoldfastError("HF202", "x"), new Error("HF603")].map(isArchivedError)).toEqual([true, false, false]);
  });
});
