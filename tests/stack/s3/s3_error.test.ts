import { expect, test } from "vitest";
import { S3Error } from "../../../stack/s3/s3_error.ts";

test("S3Error() carries the status S3 documents for its code", () => {
  expect(new S3Error("NoSuchKey")).toMatchObject({ code: "NoSuchKey", status: 404, message: "The key does not exist" });
  expect(new S3Error("PreconditionFailed", "why")).toMatchObject({ status: 412, message: "why" });
});
