/** Reasons of backup.retention_plan() for people. */
const WORDS: Readonly<Record<string, string>> = {
  tier_daily: "within daily retention",
  tier_weekly: "within weekly retention",
  tier_monthly: "within monthly retention",
  first_of_day: "first of its day",
  first_of_week: "first of its week",
  first_of_month: "first of its month",
  newest_verified: "newest verified run",
  minimum_verified: "one of the newest verified runs",
  minimum_complete: "one of the newest runs",
  no_policy: "no policy for its tier",
  active: "under way",
  failed_lately: "failed lately",
  past_retention: "retention is over",
  failed: "its export failed",
  being_deleted: "deletion has begun",
};

/** A reason in words; one that is not known as it is. */
export function describeReason(reason: string): string {
  return WORDS[reason] ?? reason;
}
