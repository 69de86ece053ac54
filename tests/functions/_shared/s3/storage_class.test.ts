import { expect, it } from "vitest";
import { isArchive } from "../../../../functions/_shared/s3/storage_class.ts";

it("isArchive() knows the classes that have to be thawed, and no other", () => {
  expect(["STANDARD", "STANDARD_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"].filter(isArchive)).toEqual(["GLACIER", "DEEP_ARCHIVE"]);
});
