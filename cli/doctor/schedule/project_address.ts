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

/** Reference of the project whose database this is, as its URL tells. */
export function refOfDatabase(session: DoctorSession): string | null {
  const { host, user } = clientConfig(session.options.databaseUrl(), { applicationName: "holdfast doctor" });
  return refOf(host, user);
}
