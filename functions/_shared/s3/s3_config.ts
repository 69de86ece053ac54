import { z } from "zod";
import { HoldfastError } from "../errors/holdfast_error.ts";

/** Where backups go, and the key that writes them. Holds a secret: never print it. */
export interface S3Config {
  /** Origin of the service, without bucket, path or trailing slash. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
  /** First part of every key, without slashes at its ends; may be empty. Keys given to the client already contain it. */
  readonly prefix: string;
  /** `endpoint/bucket/key` when true, `bucket.endpoint/key` when false. */
  readonly pathStyle: boolean;
}

const REQUIRED = ["HOLDFAST_S3_BUCKET", "HOLDFAST_S3_ACCESS_KEY_ID", "HOLDFAST_S3_SECRET_ACCESS_KEY"] as const;
const OPTIONAL = [
  "HOLDFAST_S3_ENDPOINT",
  "HOLDFAST_S3_REGION",
  "HOLDFAST_S3_SESSION_TOKEN",
  "HOLDFAST_S3_PREFIX",
  "HOLDFAST_S3_PATH_STYLE",
  "HOLDFAST_S3_ALLOW_HTTP",
] as const;

/** A dot segment would be resolved away by every URL parser on the way, so the object would land under another key. */
const hasDotSegment = (path: string): boolean => path.split("/").some((part) => part === "." || part === "..");

const originUrl = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), "must be an http or https URL")
  .refine((text) => !URL.canParse(text) || new URL(text).pathname === "/", "must not contain a path or the bucket")
  .refine((text) => !URL.canParse(text) || new URL(text).username === "", "must not contain a key or a password")
  .transform((text) => new URL(text).origin);

const flag = z.enum(["true", "false", "1", "0"], "must be true or false");
const isTrue = (value: string | undefined): boolean => value === "true" || value === "1";

/** Whether requests to this origin can be read or changed by nobody on the way: encrypted, or never leaving the machine. */
function isProtected(origin: string): boolean {
  // What is no URL is refused for that.
  if (!URL.canParse(origin)) return true;
  const { protocol, hostname } = new URL(origin);
  return protocol === "https:" || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

const environment = z.object({
  HOLDFAST_S3_BUCKET: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$/, "must be a bucket name"),
  HOLDFAST_S3_ACCESS_KEY_ID: z.string().regex(/^\S+$/, "must not contain spaces"),
  HOLDFAST_S3_SECRET_ACCESS_KEY: z.string().regex(/^\S+$/, "must not contain spaces"),
  HOLDFAST_S3_SESSION_TOKEN: z.string().regex(/^\S+$/, "must not contain spaces").optional(),
  HOLDFAST_S3_ENDPOINT: originUrl.optional(),
  HOLDFAST_S3_REGION: z.string().regex(/^[A-Za-z0-9-]+$/, "must be a region name").default("us-east-1"),
  HOLDFAST_S3_PREFIX: z
    .string()
    .transform((text) => text.replace(/^\/+|\/+$/g, ""))
    .refine((text) => !hasDotSegment(text), "must not contain '.' or '..' as a path segment")
    .default("holdfast"),
  HOLDFAST_S3_PATH_STYLE: flag.optional(),
  HOLDFAST_S3_ALLOW_HTTP: flag.optional(),
}).refine((values) => values.HOLDFAST_S3_ENDPOINT === undefined || isTrue(values.HOLDFAST_S3_ALLOW_HTTP) || isProtected(values.HOLDFAST_S3_ENDPOINT), {
  path: ["HOLDFAST_S3_ENDPOINT"],
  message: "must begin with https, as rows would cross the network in the clear (or set HOLDFAST_S3_ALLOW_HTTP=true on a network you trust)",
});

/**
 * Reads the storage settings from environment variables. Nothing set means that S3 is not configured: `null`.
 * An empty variable counts as not set. Messages name variables, never their values.
 * @throws {HoldfastError} HF200 when some variables are set and others are missing or malformed
 */
export function parseS3Config(env: Readonly<Record<string, string | undefined>>): S3Config | null {
  const given: Record<string, string> = {};
  for (const name of [...REQUIRED, ...OPTIONAL]) {
    const value = env[name]?.trim();
    if (value !== undefined && value !== "") given[name] = value;
  }
  if (Object.keys(given).length === 0) return null;

  const missing = REQUIRED.filter((name) => given[name] === undefined);
  if (missing.length > 0) {
    throw new HoldfastError("HF200", `Cannot use S3 as ${missing.join(", ")} ${missing.length > 1 ? "are" : "is"} not set`, {
      detail: `Set: ${Object.keys(given).join(", ")}.`,
      hint: "Set the missing variables (for functions with supabase secrets set), or remove all HOLDFAST_S3_* variables.",
    });
  }
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`);
    throw new HoldfastError("HF200", `Cannot use S3 as ${problems.join("; ")}`, {
      hint: "Correct the variable; its value is not shown because it may be a secret.",
    });
  }
  const values = parsed.data;
  const pathStyle = values.HOLDFAST_S3_PATH_STYLE;
  return {
    endpoint: values.HOLDFAST_S3_ENDPOINT ?? `https://s3.${values.HOLDFAST_S3_REGION}.amazonaws.com`,
    region: values.HOLDFAST_S3_REGION,
    bucket: values.HOLDFAST_S3_BUCKET,
    accessKeyId: values.HOLDFAST_S3_ACCESS_KEY_ID,
    secretAccessKey: values.HOLDFAST_S3_SECRET_ACCESS_KEY,
    sessionToken: values.HOLDFAST_S3_SESSION_TOKEN,
    prefix: values.HOLDFAST_S3_PREFIX,
    pathStyle: pathStyle === undefined ? values.HOLDFAST_S3_ENDPOINT !== undefined : isTrue(pathStyle),
  };
}
