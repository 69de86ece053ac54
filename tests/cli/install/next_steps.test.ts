import { describe, expect, it } from "vitest";
import { OPTIONAL_SECRETS, REQUIRED_SECRETS } from "../../../cli/install/function_secrets.ts";
import { formatNextSteps, nextSteps } from "../../../cli/install/next_steps.ts";
import { readPackage } from "../../../cli/install/read_package.ts";

const planOf = (installed: string | null, action: "keep" | "add" | "replace") => ({ installed, version: "1.0.0", changes: [], kept: [], migrations: [{ release: "a", file: "20261127090000_b.sql", action }] });
const titles = (...given: Parameters<typeof nextSteps>) => nextSteps(...given).map(({ title }) => title);

describe("nextSteps()", () => {
  it("nextSteps() names every secret that the functions read, and no other", () => {
    const names = new Set([...readPackage().files.values()].flatMap((content) => [...String(content).matchAll(/env\["(HOLDFAST_\w+)"\]|"(HOLDFAST_\w+)"/g)].map(([, inBrackets, quoted]) => inBrackets ?? quoted)));
    // Where the Management API answers in tests.
    names.delete("HOLDFAST_MANAGEMENT_API_URL");
    expect([...REQUIRED_SECRETS, ...Object.keys(OPTIONAL_SECRETS)].sort()).toEqual([...names].sort());
    const text = formatNextSteps(nextSteps(planOf(null, "add"), ["one"], false));
    expect(text).toContain("npx supabase secrets set HOLDFAST_S3_BUCKET=… HOLDFAST_S3_REGION=… HOLDFAST_S3_ACCESS_KEY_ID=… HOLDFAST_S3_SECRET_ACCESS_KEY=…\n");
    for (const name of Object.keys(OPTIONAL_SECRETS)) expect(text).toContain(name);
  });
  it("nextSteps() leads a new project to its first backup, with our functions alone", () => {
    const text = formatNextSteps(nextSteps(planOf(null, "add"), ["one", "two"], false));
    expect(text).toMatch(/1\. Set the secrets[^]*2\. Apply the migration[^]*db push --remote[^]*3\. [^]*functions deploy one two\n4\. In the SQL editor[^]*project_ref = '<ref>'[^]*backup\.enable\(\)[^]*5\. [^]*holdfast doctor$/);
  });
  it("nextSteps() of an upgrade pushes only when there is a migration", () => {
    expect(titles(planOf("0.9.0", "add"), ["one"], false)).toEqual(["Apply the migration", "Deploy the functions", "Look whether it works"]);
    expect(titles(planOf("0.9.0", "keep"), ["one"], false)).toEqual(["Deploy the functions", "Look whether it works"]);
  });
  it("nextSteps() says what a database needs that has applied a migration which was replaced", () => {
    expect(formatNextSteps(nextSteps(planOf("0.9.0", "replace"), ["one"], false))).toMatch(/db push --remote\n[^]*drop schema backup cascade.*repair --remote --status reverted 20261127090000\n/);
  });
  it("nextSteps() tells a project with TypeScript to leave the functions to Deno", () => {
    expect(formatNextSteps(nextSteps(planOf(null, "add"), ["one"], true))).toContain('"supabase/holdfast" to "exclude" in tsconfig.json');
    expect(formatNextSteps(nextSteps(planOf(null, "add"), ["one"], false))).not.toContain("tsconfig");
  });
});
