import { expect, it } from "vitest";
import { functionsEnv } from "../../stack/functions_env.ts";

const keys = { secretKey: "s", publishableKey: "p", serviceRoleKey: "r", anonKey: "a", s3AccessKeyId: "i", s3SecretAccessKey: "k" };
const input = { apiUrl: "http://api", databaseUrl: "postgresql://db", keys };

it("functionsEnv() gives what the platform injects, and the secrets", () => {
  expect(functionsEnv({ ...input, secrets: { MINE: "1" } })).toEqual({
    MINE: "1",
    SUPABASE_URL: "http://api",
    SUPABASE_DB_URL: "postgresql://db",
    SUPABASE_SECRET_KEYS: '{"default":"s"}',
    SUPABASE_PUBLISHABLE_KEYS: '{"default":"p"}',
    SUPABASE_SERVICE_ROLE_KEY: "r",
    SUPABASE_ANON_KEY: "a",
    SB_REGION: "local",
    DENO_DEPLOYMENT_ID: "local_functions_1",
  });
});

it("functionsEnv() refuses the names the platform reserves", () => {
  expect(() => functionsEnv({ ...input, secrets: { SUPABASE_MINE: "1" } })).toThrow("SUPABASE_MINE");
});
