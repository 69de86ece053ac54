/** What a fault does to the request it hits. */
export type FaultKind =
  /** Answers with `status`, `code` and `retryAfter` after the body was read. */
  | "status"
  /** Reads the body, stores nothing, cuts the connection. */
  | "reset"
  /** Does the work, then cuts the connection instead of answering: the client cannot know. */
  | "reset_after"
  /** Cuts the connection half way through the body of the request. */
  | "hang_up"
  /** Sends the headers and half of the body, then cuts the connection. */
  | "cut_response"
  /** Passes `bytesPerSecond` in both directions. */
  | "slow"
  /** Waits `delayMs`, then does the work. */
  | "delay"
  /** Answers 507 as a full server does. */
  | "disk_full"
  /** Answers 200 and stores nothing. */
  | "lost"
  /** Stores the object with one bit flipped. */
  | "corrupt";

export interface FaultRule {
  readonly kind: FaultKind;
  readonly method?: string;
  /** Regular expression for the key. */
  readonly key?: string;
  /** Matching requests that pass before the first hit. Default 0. */
  readonly skip?: number;
  /** Hits before the rule is used up; 0 for no end. Default 1. */
  readonly times?: number;
  /** Chance of a hit, 0 to 1. Default 1. */
  readonly probability?: number;
  readonly status?: number;
  readonly code?: string;
  readonly retryAfter?: number;
  readonly delayMs?: number;
  readonly bytesPerSecond?: number;
}

export interface FaultState {
  readonly rule: FaultRule;
  readonly seen: number;
  readonly hits: number;
}

export interface Faults {
  add(rule: FaultRule): void;
  clear(): void;
  list(): FaultState[];
  /** The rule that hits this request, counted as used. The oldest matching rule wins. */
  take(method: string, key: string): FaultRule | null;
}

const KINDS: readonly FaultKind[] = ["status", "reset", "reset_after", "hang_up", "cut_response", "slow", "delay", "disk_full", "lost", "corrupt"];
const NUMBERS = ["skip", "times", "probability", "status", "retryAfter", "delayMs", "bytesPerSecond"] as const;

/**
 * Reads a rule that came over HTTP.
 * @throws {TypeError} when it is not a rule
 */
export function parseFaultRule(value: unknown): FaultRule {
  if (typeof value !== "object" || value === null) throw new TypeError("Cannot read fault rule: it must be an object");
  const fields = new Map<string, unknown>(Object.entries(value));
  const kind = KINDS.find((name) => name === fields.get("kind"));
  if (kind === undefined) throw new TypeError(`Cannot read fault rule: kind must be one of ${KINDS.join(", ")}`);
  const rule: Record<string, string | number> = {};
  for (const [name, field] of fields) {
    if (name === "kind") continue;
    const wanted = NUMBERS.some((known) => known === name) ? "number" : ["method", "key", "code"].includes(name) ? "string" : "";
    if (wanted === "" || typeof field !== wanted) throw new TypeError(`Cannot read fault rule: field '${name}' is unknown or of the wrong type`);
    if (typeof field === "string" || typeof field === "number") rule[name] = field;
  }
  if (typeof rule["key"] === "string") new RegExp(rule["key"], "u");
  return { ...rule, kind };
}

export function createFaults(): Faults {
  let states: { rule: FaultRule; pattern: RegExp | null; seen: number; hits: number }[] = [];
  return {
    add(rule) {
      states.push({ rule, pattern: rule.key === undefined ? null : new RegExp(rule.key, "u"), seen: 0, hits: 0 });
    },
    clear() {
      states = [];
    },
    list: () => states.map(({ rule, seen, hits }) => ({ rule, seen, hits })),
    take(method, key) {
      for (const state of states) {
        const { rule, pattern } = state;
        const limit = rule.times ?? 1;
        if (limit > 0 && state.hits >= limit) continue;
        if (rule.method !== undefined && rule.method !== method) continue;
        if (pattern !== null && !pattern.test(key)) continue;
        if (state.seen++ < (rule.skip ?? 0)) continue;
        if (Math.random() >= (rule.probability ?? 1)) continue;
        state.hits++;
        return rule;
      }
      return null;
    },
  };
}
