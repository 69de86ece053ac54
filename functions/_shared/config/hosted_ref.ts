/** Reference of the hosted project whose address this is, as functions find it in SUPABASE_URL; null for any other address. */
export function hostedRef(url: string | undefined): string | null {
  return /^https:\/\/([a-z]{20})\.supabase\.co\b/.exec(url ?? "")?.[1] ?? null;
}
