import { createHmac, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const keysSchema = z.object({
  secretKey: z.string(),
  publishableKey: z.string(),
  serviceRoleKey: z.string(),
  anonKey: z.string(),
  s3AccessKeyId: z.string(),
  s3SecretAccessKey: z.string(),
});

/** The keys of one local project. */
export type StackKeys = z.infer<typeof keysSchema>;

/** The keys kept in this directory, made on the first call: a URL or a key noted down stays valid over restarts. */
export function stackKeys(dir: string): StackKeys {
  const file = join(dir, "keys.json");
  try {
    return keysSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    const keys = makeKeys();
    mkdirSync(dir, { recursive: true });
    writeFileSync(file, JSON.stringify(keys, null, 2), { mode: 0o600 });
    return keys;
  }
}

function makeKeys(): StackKeys {
  const jwtSecret = randomBytes(32);
  return {
    secretKey: `sb_secret_${randomBytes(24).toString("base64url")}`,
    publishableKey: `sb_publishable_${randomBytes(24).toString("base64url")}`,
    serviceRoleKey: signJwt({ iss: "supabase", ref: "local", role: "service_role" }, jwtSecret),
    anonKey: signJwt({ iss: "supabase", ref: "local", role: "anon" }, jwtSecret),
    s3AccessKeyId: `HF${randomBytes(9).toString("hex").toUpperCase()}`,
    s3SecretAccessKey: randomBytes(30).toString("base64url"),
  };
}

/** The legacy keys are JWTs that live for ten years. */
function signJwt(claims: Record<string, unknown>, secret: Buffer): string {
  const issuedAt = Math.floor(Date.now() / 1_000);
  const parts = [{ alg: "HS256", typ: "JWT" }, { ...claims, iat: issuedAt, exp: issuedAt + 315_360_000 }];
  const body = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${body}.${createHmac("sha256", secret).update(body).digest("base64url")}`;
}
