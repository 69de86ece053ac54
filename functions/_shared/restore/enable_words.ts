const WORDS: Readonly<Record<string, string>> = { O: "enable", A: "enable always", R: "enable replica" };

/** The words of ALTER that make a disabled trigger or event trigger what the catalog calls `enabled`; undefined for one that is disabled. */
export function enableWords(enabled: unknown): string | undefined {
  return WORDS[String(enabled)];
}
