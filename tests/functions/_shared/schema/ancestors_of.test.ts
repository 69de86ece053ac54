import { describe, expect, it } from "vitest";
import { ancestorsOf } from "../../../../functions/_shared/schema/ancestors_of.ts";
import { depends, fact, facts, schema, table } from "../../../support/facts.ts";

describe("ancestorsOf()", () => {
  it("ancestorsOf() finds parents at any distance, each once, and nothing else a table needs", () => {
    const base = facts(["a", "b", "c", "d"].map((name) => fact(table(name), {}, schema("public"))).concat(fact(schema("public"))), [
      depends(table("d"), table("b")), depends(table("d"), table("c")), depends(table("b"), table("a")), depends(table("c"), table("a")), depends(table("d"), schema("public"))]);
    expect(ancestorsOf(table("d"), base).map(({ name }) => name).sort()).toEqual(["a", "b", "c"]);
    expect(ancestorsOf(table("a"), base)).toEqual([]);
  });
});
