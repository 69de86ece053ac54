/** How fast an archive is asked to be; what is faster costs more. */
export const RETRIEVAL_TIERS = ["Standard", "Bulk", "Expedited"] as const;
export type RetrievalTier = (typeof RETRIEVAL_TIERS)[number];

export interface UsualTime {
  /** Null: only the longest is documented. */
  readonly leastSeconds: number | null;
  readonly mostSeconds: number;
}

const MINUTE = 60;
const HOUR = 3600;

/** What AWS documents as usual. Expedited holds for objects below 250 MB, and is not offered for DEEP_ARCHIVE. */
const USUAL: Readonly<Record<string, Partial<Record<RetrievalTier, UsualTime>>>> = {
  GLACIER: {
    Expedited: { leastSeconds: MINUTE, mostSeconds: 5 * MINUTE },
    Standard: { leastSeconds: 3 * HOUR, mostSeconds: 5 * HOUR },
    Bulk: { leastSeconds: 5 * HOUR, mostSeconds: 12 * HOUR },
  },
  DEEP_ARCHIVE: {
    Standard: { leastSeconds: null, mostSeconds: 12 * HOUR },
    Bulk: { leastSeconds: null, mostSeconds: 48 * HOUR },
  },
};

/** Null where the class does not offer the tier, or is none that has to be thawed. */
export function usualTime(storageClass: string, tier: RetrievalTier): UsualTime | null {
  return USUAL[storageClass]?.[tier] ?? null;
}

/** "3 to 5 hours", "within 12 hours". */
export function describeUsualTime({ leastSeconds, mostSeconds }: UsualTime): string {
  const [unit, seconds] = mostSeconds < HOUR ? ["minutes", MINUTE] : ["hours", HOUR];
  return leastSeconds === null ? `within ${mostSeconds / seconds} ${unit}` : `${leastSeconds / seconds} to ${mostSeconds / seconds} ${unit}`;
}

/** What each tier of a class usually takes, for people. */
export function describeTiers(storageClass: string): string {
  return (["Expedited", "Standard", "Bulk"] as const).flatMap((tier) => {
    const usual = usualTime(storageClass, tier);
    return usual === null ? [] : [`${tier} ${describeUsualTime(usual)}`];
  }).join(", ");
}
