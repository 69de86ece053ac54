import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fingerprintOfSum, isFingerprintExpression, measureQuery } from "../../../../functions/_shared/prove/fingerprint_query.ts";

describe("isFingerprintExpression()", () => {
  it.each([
    "pg_catalog.hash_record_extended(row(), 0)",
    "pg_catalog.hash_numeric_extended(pg_catalog.hash_record_extended(row(t.id, row(t.a)::text), 0), 0)",
    "pg_catalog.hash_record_extended(row(t.id, t.name::text), 0)",
    'pg_catalog.hash_record_extended(row(t."Odd ""one""", row(t.a, t.b)::text), 0)',
  ])("isFingerprintExpression() accepts %s", (text) => expect(isFingerprintExpression(text)).toBe(true));

  it.each([
    "", "0", "pg_catalog.hash_record_extended(row(t.id), 0) + pg_sleep(9)", "pg_catalog.hash_record_extended(row(pg_sleep(9)), 0)",
    "pg_catalog.hash_record_extended(row((select 1)), 0)", "pg_catalog.hash_record_extended(row(t.id), 0); drop table t", 'pg_catalog.hash_record_extended(row(t."a" || t."b"), 0)',
    "pg_catalog.hash_numeric_extended(pg_catalog.hash_record_extended(row(t.id), 0), 1)", "pg_catalog.hash_numeric_extended(pg_catalog.hash_record_extended(row(t.id), 0)", "pg_catalog.hash_numeric_extended(pg_sleep(9), 0)",
    "pg_catalog.hash_record_extended(row(t.id::oid), 0)", "hash_record_extended(row(t.id), 0)", "pg_catalog.hash_record_extended(row(t.id), 1)",
  ])("isFingerprintExpression() refuses what could do more than hash columns: %s", (text) => expect(isFingerprintExpression(text)).toBe(false));
});

describe("measureQuery()", () => {
  const table = { schema: "Odd", name: 'a"b', fingerprint_expression: "pg_catalog.hash_record_extended(row(t.id), 0)" };

  it("measureQuery() quotes the table and reads all of it", () => expect(measureQuery(table)).toBe(
    'select count(*)::text as rows, coalesce(sum(pg_catalog.hash_record_extended(row(t.id), 0)), 0)::text as sum from only "Odd"."a""b" t'));

  it("measureQuery() reads a range of pages, the last one to the end", () => {
    expect(measureQuery(table, { firstPage: 10, endPage: 20 })).toMatch(/where t\.ctid >= '\(10,0\)' and t\.ctid < '\(20,0\)'$/);
    expect(measureQuery(table, { firstPage: 20, endPage: null })).toMatch(/where t\.ctid >= '\(20,0\)'$/);
  });
});

describe("fingerprintOfSum()", () => {
  it("fingerprintOfSum() wraps as 64 bits do, for negative sums as well", () => {
    expect([fingerprintOfSum(0n), fingerprintOfSum(255n), fingerprintOfSum(-1n), fingerprintOfSum(1n << 64n)]).toEqual(["0".repeat(16), "00000000000000ff", "f".repeat(16), "0".repeat(16)]);
    fc.assert(fc.property(fc.bigInt(), (sum) => {
      expect(fingerprintOfSum(sum)).toBe(BigInt.asUintN(64, sum).toString(16).padStart(16, "0"));
    }));
  });
});
