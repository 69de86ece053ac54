import { HoldfastError } from "../../functions/_shared/errors/holdfast_error.ts";

/** What the Supabase CLI takes for a migration. */
export const MIGRATION_NAME = /^(\d+)_(.+)\.sql$/;

/**
 * Names for migrations that are to run after all that the project has. `supabase db push` refuses one that comes before
 * another that a database already has, so the time in the package's name cannot be kept.
 *
 * @throws HoldfastError HF925 when a migration of the project sorts after every time
 */
export function nameMigrations(releases: readonly string[], existing: readonly string[], now: Date): string[] {
  let version = stamp(now);
  const newest = existing.flatMap((name) => MIGRATION_NAME.exec(name)?.[1] ?? []).sort().at(-1);
  if (newest !== undefined && newest >= version) version = after(newest);
  return releases.map((release) => {
    const name = `${version}_${MIGRATION_NAME.exec(release)?.[2] ?? "holdfast"}.sql`;
    version = after(version);
    return name;
  });
}

const stamp = (date: Date): string => date.toISOString().replaceAll(/\D/g, "").slice(0, 14);

/** One second later; one more where the digits are no time. Names are compared as text, so the length must not change. */
function after(version: string): string {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(version) ?? [];
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  const next = Number.isNaN(time.getTime()) || stamp(time) !== version
    ? String(BigInt(version) + 1n).padStart(version.length, "0") : stamp(new Date(time.getTime() + 1000));
  if (next > version) return next;
  throw new HoldfastError("HF925", `No migration can be named to run after ${version}`, {
    hint: "Give that migration a name that begins with a time, as supabase migration new does, and repair the history with supabase migration repair.",
  });
}
