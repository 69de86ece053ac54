import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RowHashes } from "../../../../functions/_shared/database/row_hashes.ts";

const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 63n - 1n;
const hash = fc.oneof(fc.bigInt({ min: LOWEST, max: HIGHEST }), fc.constantFrom(LOWEST, HIGHEST, 0n, -1n, 1n, 999_999_999n, 1_000_000_000n, -1_000_000_000n));
/** What COPY writes for values: tabs and newlines are escaped, digits and minus signs are not. */
const values = fc.array(fc.stringMatching(/^[a-z0-9\\ -]*$/), { minLength: 1, maxLength: 4 }).map((columns) => columns.join("\t"));

function take(hashes: RowHashes, row: string): string {
  const buffer = Buffer.from(`before${row}after`);
  const end = hashes.take(buffer, 6, 6 + Buffer.byteLength(row));
  expect(buffer.subarray(0, 6).toString()).toBe("before");
  return buffer.subarray(6, end).toString();
}

describe("RowHashes", () => {
  it("take() leaves the row as it is without its hash, and adds the hash up exactly", () => {
    fc.assert(fc.property(fc.array(fc.tuple(values, hash), { maxLength: 20 }), (rows) => {
      const hashes = new RowHashes();
      for (const [text, number] of rows) expect(take(hashes, `${text}\t${number}\n`)).toBe(`${text}\n`);
      expect(hashes.sum).toBe(rows.reduce((sum, [, number]) => sum + number, 0n));
    }));
  });

  it("take() adds up more of the largest numbers than a double could", () => {
    const hashes = new RowHashes();
    const row = Buffer.from(`x\t${LOWEST}\n`);
    for (let n = 0; n < 250_001; n += 1) hashes.take(Uint8Array.from(row), 0, row.length);
    expect(hashes.sum).toBe(LOWEST * 250_001n);
  });

  it("take() leaves an empty line of a row without columns", () => {
    const hashes = new RowHashes();
    expect(take(hashes, "-42\n")).toBe("\n");
    expect(hashes.sum).toBe(-42n);
  });

  it.each(["x\n", "x\t\n", "x\t1", "x\t-\n", "x\t12345678901234567890\n", "x1\n", "x\t1.5\n", "x\t\\N\n", "\n"])(
    "take() refuses %j, which does not end with a hash", (row) => {
      expect(() => take(new RowHashes(), row)).toThrow(RangeError);
    });
});
