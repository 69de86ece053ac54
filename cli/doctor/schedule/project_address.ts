import { clientConfig } from "../../../functions/_shared/database/client_config.ts";
import type { DoctorSession } from "../doctor_session.ts";

const REF = "([a-z]{20})";

/** Reference of the hosted project behind an address, or null. */
export function refOf(...addresses: readonly (string | undefined)[]): string | null {
  for (const address of addresses) {
    const found = new RegExp(`(?:^|[/.@])(?:db\\.)?${REF}\\.supabase\\.(?:co|in)\\b|^postgres\\.${REF}$`).exec(address ?? "");
    if (found !== null) return found[1] ?? found[2] ?? null;
  }
  return null;
}

/** Reference of the project whose database has this URL, or null. */
export function refOfDatabaseUrl(url: string): string | null {
  const { host, user } = clientConfig(url, { applicationName: "holdfast" });
  return refOf(host, user);
}

/** Reference of the project whose database this is, as its URL tells. */
export function refOfDatabase(session: DoctorSession): string | null {
  return refOfDatabaseUrl(session.options.databaseUrl());
}
