import type { StackKeys } from "./stack_keys.ts";

/** What the platform injects into every function, and the function secrets on top. */
export function functionsEnv(input: {
  apiUrl: string;
  databaseUrl: string;
  keys: StackKeys;
  secrets: Record<string, string>;
}): Record<string, string> {
  const { apiUrl, databaseUrl, keys, secrets } = input;
  const reserved = Object.keys(secrets).find((name) => name.startsWith("SUPABASE_"));
  if (reserved !== undefined) throw new Error(`The secret ${reserved} cannot be set: the platform reserves names that start with SUPABASE_`);
  return {
    ...secrets,
    SUPABASE_URL: apiUrl,
    SUPABASE_DB_URL: databaseUrl,
    SUPABASE_SECRET_KEYS: JSON.stringify({ default: keys.secretKey }),
    SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: keys.publishableKey }),
    SUPABASE_SERVICE_ROLE_KEY: keys.serviceRoleKey,
    SUPABASE_ANON_KEY: keys.anonKey,
    SB_REGION: "local",
    DENO_DEPLOYMENT_ID: "local_functions_1",
  };
}
