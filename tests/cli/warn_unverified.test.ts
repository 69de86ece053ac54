import { describe, expect, it } from "vitest";
import { createPalette } from "../../cli/palette.ts";
import { warnUnverified } from "../../cli/warn_unverified.ts";

describe("warnUnverified()", () => {
  it("warnUnverified() speaks of a database whose certificate nobody looks at, and never shows its URL", () => {
    const said: string[] = [];
    const warn = (databaseUrl: string, databaseCa?: string) => warnUnverified({ note: (text) => void said.push(text), palette: createPalette(false) }, { databaseUrl, databaseCa });
    expect(warn("postgres://u:hunter2@db.example.com/x")).toBe(true);
    expect(said).toEqual([expect.stringMatching(/^warning: .*HOLDFAST_DB_CA.*sslmode=require/)]);
    expect(said.join()).not.toMatch(/hunter2|example/);
    expect([warn("postgres://u@db.example.com/x?sslmode=require"), warn("postgres://u@db.example.com/x", "PEM"), warn("postgres://u@127.0.0.1/x")]).toEqual([false, false, false]);
    expect(said).toHaveLength(1);
  });
});
