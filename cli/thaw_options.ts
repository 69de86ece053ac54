import { type Command, InvalidArgumentError, Option } from "commander";
import { HoldfastError } from "../functions/_shared/errors/holdfast_error.ts";
import type { ThawOptions } from "../functions/_shared/restore/ask_for_thaw.ts";
import { RETRIEVAL_TIERS, type RetrievalTier } from "../functions/_shared/s3/retrieval_tiers.ts";

export interface ThawFlags {
  thaw: boolean;
  thawTier?: RetrievalTier;
  thawDays?: number;
  wait: boolean;
}

/** As the user asked for it. */
export interface ThawRequest extends ThawOptions {
  readonly wait: boolean;
}

export const DEFAULT_TIER: RetrievalTier = "Standard";
/** A restore takes hours at most; the rest is for whoever sleeps when the objects are there. */
const DEFAULT_DAYS = 3;
const MAX_DAYS = 365;

/** Adds what is said about archived objects, the same wherever objects of a backup are read. */
export function addThawOptions(command: Command): Command {
  return command
    .option("--thaw", "have the storage thaw archived objects (GLACIER, DEEP_ARCHIVE) that are needed, and wait for it", false)
    .addOption(new Option("--thaw-tier <tier>", `how fast, and how expensive (default: ${DEFAULT_TIER})`).choices(RETRIEVAL_TIERS))
    .option("--thaw-days <n>", `how long the thawed copies stay (default: ${DEFAULT_DAYS})`, parseDays)
    .option("--no-wait", "with --thaw: do not wait; call again later");
}

/** Null where nothing is to be thawed. @throws {HoldfastError} HF102 for an option that means nothing without --thaw */
export function readThawRequest(flags: ThawFlags): ThawRequest | null {
  if (flags.thaw) return { tier: flags.thawTier ?? DEFAULT_TIER, days: flags.thawDays ?? DEFAULT_DAYS, wait: flags.wait };
  const stray = flags.thawTier !== undefined ? "--thaw-tier" : flags.thawDays !== undefined ? "--thaw-days" : flags.wait ? null : "--no-wait";
  if (stray !== null) throw new HoldfastError("HF102", `${stray} needs --thaw`, { hint: "Add --thaw, which asks the storage to thaw archived objects; it costs money." });
  return null;
}

function parseDays(text: string): number {
  const days = Number(text);
  if (!Number.isInteger(days) || days < 1 || days > MAX_DAYS) throw new InvalidArgumentError(`Give a number of days from 1 to ${MAX_DAYS}.`);
  return days;
}
