import { describe, expect, it } from "vitest";
import { nameMigrations } from "../../../cli/install/name_migrations.ts";

const NOW = new Date("2026-11-27T09:30:00.900Z");
const name = (...existing: string[]): string | undefined => nameMigrations(["20200101000000_holdfast.sql"], existing, NOW)[0];

describe("nameMigrations()", () => {
  it("nameMigrations() takes the time of now, in UTC, where that comes last", () => {
    expect(name()).toBe("20261127093000_holdfast.sql");
    expect(name("20261127092959_a.sql", "20250101000000_b.sql", "0001_init.sql", "README.md")).toBe("20261127093000_holdfast.sql");
  });
  it.each([
    ["20261127093000_a.sql", "20261127093001"], ["20261231235959_a.sql", "20270101000000"], ["20280228235959_a.sql", "20280229000000"],
    ["20261399000000_no_time.sql", "20261399000001"], ["202611270930001_longer.sql", "202611270930002"],
  ])("nameMigrations() comes after %s", (existing, version) => expect(name("20250101000000_a.sql", existing)).toBe(`${version}_holdfast.sql`));
  it("nameMigrations() keeps the order of several, one after the other", () => {
    expect(nameMigrations(["1_holdfast.sql", "2_holdfast_0_2_0.sql"], ["20261127093059_a.sql"], NOW)).toEqual(["20261127093100_holdfast.sql", "20261127093101_holdfast_0_2_0.sql"]);
  });
  it("nameMigrations() refuses with HF925 where nothing comes after", () => {
    expect(() => name("9_a.sql")).toThrow(expect.objectContaining({ code: "HF925", message: expect.stringContaining("after 9") }));
  });
});
