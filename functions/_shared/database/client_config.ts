import type { ClientConfig } from "pg";
import { HoldfastError } from "../errors/holdfast_error.ts";

export interface ClientConfigOptions {
  applicationName: string;
  /** PEM of the authority; with it the server's certificate is verified unless sslmode says disable. */
  ca?: string | undefined;
}

const CONNECT_TIMEOUT_MS = 15_000;

/** The system's own default is two hours, for which a command would wait on a connection that a router has forgotten. */
const KEEP_ALIVE_AFTER_MS = 30_000;

/**
 * Turns a connection URL into the options of pg, and decides about TLS.
 *
 * sslmode means what it means to libpq, except that nothing falls back to plain text (prefer and allow count as
 * require) and that whoever verifies the authority verifies the name, too. sslrootcert=system is verify-full; another
 * file is not read here and so not ignored either. Without sslmode only hosts inside the machine or its private network go without TLS.
 * Deno verifies every certificate against the authorities it knows and `ca`, whatever rejectUnauthorized says, so there
 * require is as strict as verify-full: a function whose runtime lacks the database's authority needs HOLDFAST_DB_CA.
 * pg's own reading of the URL is avoided because it changes the meaning of sslmode between versions.
 *
 * @throws HoldfastError HF102 when the URL or its sslmode is not valid, or leads to Supabase's transaction pooler
 */
export function clientConfig(url: string, options: ClientConfigOptions): ClientConfig {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new HoldfastError("HF102", "The database URL is not valid", {
      hint: "Expected postgresql://user:password@host:port/database, with special characters percent-encoded.",
    });
  }
  const host = hostOf(parsed);
  const port = Number(parsed.searchParams.get("port") ?? (parsed.port || 5432));
  if (port === 6543 && /\.supabase\.(com|co)$/.test(host)) {
    // Every statement may meet another session: settings would be missing where they are needed and stay where the application is.
    throw new HoldfastError("HF102", "The database URL leads to the transaction pooler, which keeps no session", {
      hint: "Use the direct connection or the session pooler: port 5432.",
    });
  }
  return {
    host: host === "" ? "127.0.0.1" : host,
    port,
    user: decode(parsed.username) || parsed.searchParams.get("user") || "postgres",
    password: decode(parsed.password),
    database: decode(parsed.pathname.slice(1)) || "postgres",
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    ssl: tlsOptions(parsed, options.ca),
  };
}

/** Whether sessions of a valid URL are encrypted without a look at the certificate although nobody has asked for that with sslmode=require. */
export function isUnverified(url: string, ca: string | undefined): boolean {
  const parsed = new URL(url);
  const ssl = tlsOptions(parsed, ca);
  return parsed.searchParams.get("sslmode") === null && typeof ssl === "object" && ssl.rejectUnauthorized === false;
}

function hostOf(parsed: URL): string {
  return parsed.searchParams.get("host") ?? decode(parsed.hostname.replace(/^\[|\]$/g, ""));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function tlsOptions(parsed: URL, ca: string | undefined): NonNullable<ClientConfig["ssl"]> {
  const sslmode = parsed.searchParams.get("sslmode");
  const root = parsed.searchParams.get("sslrootcert");
  if (root === "system" && (sslmode ?? "verify-full") !== "verify-full") {
    throw new HoldfastError("HF102", "The database URL has sslrootcert=system and a weaker sslmode", { hint: "Use sslmode=verify-full with it, as libpq does." });
  }
  if (root !== null && root !== "system" && ca === undefined && sslmode !== "disable") {
    throw new HoldfastError("HF102", "The database URL names a file of authorities, which is not read", {
      hint: "Put the PEM, the text of that file, into HOLDFAST_DB_CA.",
    });
  }
  switch (root === "system" ? "verify-full" : sslmode) {
    case "disable":
      return false;
    case null:
      if (isPrivateHost(hostOf(parsed))) return false;
      break;
    case "allow":
    case "prefer":
    case "require":
      break;
    case "verify-ca":
    case "verify-full":
      return ca === undefined ? { rejectUnauthorized: true } : { rejectUnauthorized: true, ca };
    default:
      throw new HoldfastError("HF102", "The sslmode of the database URL is not known", {
        hint: "Use sslmode=disable, require, verify-ca or verify-full.",
      });
  }
  return ca === undefined ? { rejectUnauthorized: false } : { rejectUnauthorized: true, ca };
}

/** Loopback, private address ranges, Unix sockets, and names without a dot, which only a container network resolves. */
export function isPrivateHost(host: string): boolean {
  if (host === "" || host.startsWith("/") || host === "::1") return true;
  if (/^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)\d/.test(host) && /^[\d.]+$/.test(host)) return true;
  return /^[a-z0-9_-]+$/i.test(host) && !/^\d+$/.test(host);
}
