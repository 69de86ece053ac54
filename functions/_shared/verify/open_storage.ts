import type { Env } from "../config/env.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";
import { createS3Client } from "../s3/s3_client.ts";
import { parseS3Config } from "../s3/s3_config.ts";
import type { ObjectStorage } from "./object_storage.ts";

/** A bucket that stays silent must not use up the time of the other checks. */
const DEADLINE_MS = 30_000;

/** The bucket of this environment as a verification sees it. Sends nothing yet. */
export function openStorage(env: Env): ObjectStorage {
  try {
    const config = parseS3Config(env);
    if (config === null) return { state: "off" };
    const client = createS3Client(config, { deadlineMs: DEADLINE_MS });
    return { state: "ready", reader: client, writer: client };
  } catch (error) {
    if (error instanceof HoldfastError) return { state: "invalid", reason: `${error.code}: ${error.message}` };
    throw error;
  }
}
