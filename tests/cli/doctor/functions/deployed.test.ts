import { describe, expect, it } from "vitest";
import { DEPLOYED } from "../../../../cli/doctor/functions/deployed.ts";
import { declaredFunctions } from "../../../support/declared_functions.ts";
import { REPOSITORY } from "../../../support/run_supabase.ts";

describe("DEPLOYED", () => {
  it("DEPLOYED has a check for every function of supabase/config.toml", () => {
    expect(DEPLOYED.map(({ name }) => name).sort()).toEqual(declaredFunctions(REPOSITORY).map(({ slug }) => `functions/${slug}`).sort());
  });
});
