import { X509Certificate } from "node:crypto";
import { z } from "zod";
import { HoldfastError } from "../errors/holdfast_error.ts";
import type { Env } from "./env.ts";

export interface Config {
  databaseUrl: string;
  /** PEM of the authority that signed the database's certificate. With it the certificate is verified. */
  databaseCa: string | undefined;
  /** Every key that may act for the project. Never anon or publishable keys. Empty: only tickets are accepted. */
  secretKeys: readonly string[];
}

/** Whether pg could be given this. */
export function isDatabaseUrl(value: string): boolean {
  try {
    return ["postgres:", "postgresql:"].includes(new URL(value).protocol);
  } catch {
    return false;
  }
}

const keyDictionary = z.record(z.string(), z.string().min(1));

/**
 * What functions and the command need to know, from the variables Supabase injects and those an operator sets.
 * HOLDFAST_DB_URL comes before SUPABASE_DB_URL, so that one project's functions can be pointed at a pooler.
 *
 * @throws HoldfastError HF102 naming the variable, never its value
 */
export function parseConfig(env: Env): Config {
  return {
    databaseUrl: parseDatabaseUrl(env),
    databaseCa: parseDatabaseCa(env),
    secretKeys: parseSecretKeys(env),
  };
}

function parseDatabaseUrl(env: Env): string {
  const name = env["HOLDFAST_DB_URL"] ? "HOLDFAST_DB_URL" : "SUPABASE_DB_URL";
  const value = env[name];
  if (value === undefined || value === "") {
    throw new HoldfastError("HF102", "The database URL is not set", {
      hint: "Set SUPABASE_DB_URL (Edge Functions have it) or HOLDFAST_DB_URL to postgresql://user:password@host:port/database.",
    });
  }
  if (!isDatabaseUrl(value)) {
    throw new HoldfastError("HF102", `${name} is not a PostgreSQL URL`, {
      hint: `Set ${name} to postgresql://user:password@host:port/database, with special characters percent-encoded.`,
    });
  }
  return value;
}

/** Without this look at it, a damaged certificate shows as a server that cannot be verified, or not at all. */
function parseDatabaseCa(env: Env): string | undefined {
  const value = env["HOLDFAST_DB_CA"];
  if (value === undefined || value === "") return undefined;
  // Where a secret is one line, its lines are joined by a written \n.
  const pem = value.replaceAll("\\n", "\n");
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  try {
    if (certificates.length > 0 && certificates.length === pem.split("-----BEGIN CERTIFICATE-----").length - 1) {
      for (const certificate of certificates) new X509Certificate(certificate);
      return pem;
    }
  } catch {
    // Whatever the parser says, what to do is the same.
  }
  throw new HoldfastError("HF102", "HOLDFAST_DB_CA is not a certificate in PEM format", {
    hint: "Set HOLDFAST_DB_CA to the text of the certificate, with its BEGIN and END lines, not to the name of a file.",
  });
}

/**
 * Keys that may act for the project: those Supabase injects, new and legacy.
 *
 * @throws HoldfastError HF102
 */
export function parseSecretKeys(env: Env): string[] {
  const dictionary = env["SUPABASE_SECRET_KEYS"];
  const keys: string[] = [];
  if (dictionary !== undefined && dictionary !== "") {
    let json: unknown;
    try {
      json = JSON.parse(dictionary);
    } catch {
      // The parser's message would quote the value.
    }
    const parsed = keyDictionary.safeParse(json);
    if (!parsed.success) {
      throw new HoldfastError("HF102", "SUPABASE_SECRET_KEYS is not a JSON object of names and keys", {
        hint: 'Expected {"default":"sb_secret_…"}; Supabase sets it by itself.',
      });
    }
    keys.push(...Object.values(parsed.data));
  }
  const legacy = env["SUPABASE_SERVICE_ROLE_KEY"];
  if (legacy !== undefined && legacy !== "") keys.push(legacy);
  return keys;
}
