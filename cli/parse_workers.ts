import { InvalidArgumentError } from "commander";

/** More sessions than this would take the connections that an application needs. */
const MAX_WORKERS = 16;

/** The value of --workers. */
export function parseWorkers(text: string): number {
  const workers = Number(text);
  if (!Number.isInteger(workers) || workers < 1 || workers > MAX_WORKERS) throw new InvalidArgumentError(`Give a number from 1 to ${MAX_WORKERS}.`);
  return workers;
}
