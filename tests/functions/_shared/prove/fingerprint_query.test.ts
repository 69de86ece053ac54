import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fingerprintOfSum, isFingerprintExpression, measureQuery } from "../../../../functions/_shared/prove/fingerprint_query.ts";

const combined = (...terms: string[]) => `pg_catalog.hashint4extended(0, (${terms.join(" # ")}))`;
const term = (call: string, seed = 1) => `coalesce(pg_catalog.${call}, ${seed}), ${seed})`;
const ID = term("hashtextextended(t.id::text");

describe("isFingerprintExpression()", () => {
  it.each([
    "pg_catalog.hashint4extended(0, 0)",
    combined(ID),
    combined('pg_catalog.hashtextextended(row(t.a, t."Odd ""one""")::text, 0)', ID, term("hashtextextended(t.name", 2)),
    combined(term("hashint2extended(t.a"), term("hashint4extended(t.b"), term("hashint4extended(t.c::integer"), term("hashoidextended(t.d"), term('uuid_hash_extended(t."É"', 1600)),
    `pg_catalog.hashint4extended(0, (${ID}) # (${ID} # ${ID}))`,
  ])("isFingerprintExpression() accepts %s", (text) => expect(isFingerprintExpression(text)).toBe(true));

  it.each([
    "", "0", `${combined(ID)} + pg_sleep(9)`, combined(term("hashtextextended(pg_sleep(9)")), combined(term("hashtextextended((select 1)")), `${combined(ID)}; drop table t`,
    combined(term('hashtextextended(t."a" || t."b"')), combined(term("hashtextextended(t.id::oid")), combined("pg_sleep(9)"), combined(ID).slice(0, -1), combined(ID).replace("(0,", "(1,"),
    combined(ID).replace("pg_catalog.hashint4extended", "hashint4extended"), combined(ID.replace("pg_catalog.", "")), combined(ID.replace("pg_catalog.", "evil.")), combined(ID.replace(", 1)", ", pg_sleep(1))")),
    combined("pg_catalog.hashtextextended(row(t.a, pg_sleep(9))::text, 0)"), combined("pg_catalog.hashtextextended(row()::text, 0)"), combined(), combined(ID, "0"), "pg_catalog.hash_record_extended(row(t.id), 0)",
  ])("isFingerprintExpression() refuses what could do more than hash columns: %s", (text) => expect(isFingerprintExpression(text)).toBe(false));

  it("isFingerprintExpression() refuses long texts without trying every way to read them", () => {
    expect(isFingerprintExpression(`${combined(...Array.from({ length: 5_000 }, () => ID)).slice(0, -2)}!`)).toBe(false);
    expect(isFingerprintExpression(combined(term(`hashtextextended(t."${'"'.repeat(100_000)}`)))).toBe(false);
  });
});

describe("measureQuery()", () => {
  const table = { schema: "Odd", name: 'a"b', fingerprint_expression: "pg_catalog.hashint4extended(0, 0)" };

  it("measureQuery() quotes the table and reads all of it", () => expect(measureQuery(table)).toBe(
    'select count(*)::text as rows, coalesce(sum(pg_catalog.hashint4extended(0, 0)), 0)::text as sum from only "Odd"."a""b" t'));

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
