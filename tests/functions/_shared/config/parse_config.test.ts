import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../functions/_shared/config/parse_config.ts";

const URL_A = "postgresql://postgres:pw@db.example.com:5432/postgres";
const URL_B = "postgres://postgres:pw@pooler.example.com:6543/postgres";

describe("parseConfig()", () => {
  it("parseConfig() prefers HOLDFAST_DB_URL to the injected URL", () => {
    expect(parseConfig({ SUPABASE_DB_URL: URL_A }).databaseUrl).toBe(URL_A);
    expect(parseConfig({ SUPABASE_DB_URL: URL_A, HOLDFAST_DB_URL: URL_B }).databaseUrl).toBe(URL_B);
    expect(parseConfig({ SUPABASE_DB_URL: URL_A, HOLDFAST_DB_URL: "" }).databaseUrl).toBe(URL_A);
  });

  it("parseConfig() takes every key of the dictionary and then the legacy one", () => {
    const env = { SUPABASE_DB_URL: URL_A, SUPABASE_SECRET_KEYS: '{"default":"sb_secret_1","ci":"sb_secret_2"}', SUPABASE_SERVICE_ROLE_KEY: "legacy" };
    expect(parseConfig(env).secretKeys).toEqual(["sb_secret_1", "sb_secret_2", "legacy"]);
  });

  it("parseConfig() never counts publishable or anon keys as secret", () => {
    const env = { SUPABASE_DB_URL: URL_A, SUPABASE_PUBLISHABLE_KEYS: '{"default":"sb_publishable_1"}', SUPABASE_ANON_KEY: "anon" };
    expect(parseConfig(env).secretKeys).toEqual([]);
  });

  it.each([
    ["SUPABASE_DB_URL", {}],
    ["SUPABASE_DB_URL", { SUPABASE_DB_URL: "mysql://root:hunter2@h/x" }],
    ["HOLDFAST_DB_URL", { SUPABASE_DB_URL: URL_A, HOLDFAST_DB_URL: "hunter2" }],
    ["SUPABASE_SECRET_KEYS", { SUPABASE_DB_URL: URL_A, SUPABASE_SECRET_KEYS: "hunter2" }],
    ["SUPABASE_SECRET_KEYS", { SUPABASE_DB_URL: URL_A, SUPABASE_SECRET_KEYS: '["hunter2"]' }],
    ["SUPABASE_SECRET_KEYS", { SUPABASE_DB_URL: URL_A, SUPABASE_SECRET_KEYS: '{"default":""}' }],
  ])("parseConfig() names %s with HF102 and never its value", (name, env) => {
    const error = catchError(() => parseConfig(env));
    expect(error).toMatchObject({ code: "HF102" });
    expect(JSON.stringify(error)).toContain(name);
    expect(JSON.stringify(error)).not.toContain("hunter2");
  });
});

function catchError(task: () => unknown): unknown {
  try {
    task();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
