import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import type { Env } from "../functions/_shared/config/env.ts";
import { AgeIdentities } from "../functions/_shared/encryption/age_identities.ts";
import { HoldfastError } from "../functions/_shared/errors/holdfast_error.ts";

export const IDENTITY_VARIABLE = "HOLDFAST_AGE_IDENTITY_FILE";

/** Adds --identity, which is the same wherever an encrypted backup is read. */
export function addIdentityOption(command: Command): Command {
  return command.option("--identity <file>", `private file of age-keygen, for encrypted backups; can be repeated (default: ${IDENTITY_VARIABLE})`,
    (value: string, before: string[]) => [...before, value], []);
}

/**
 * Reads the identities of --identity, or of HOLDFAST_AGE_IDENTITY_FILE when there are none. Null when neither names a file.
 *
 * @throws {HoldfastError} HF703 naming the file, never what is in it.
 */
export async function readIdentities(files: readonly string[], env: Env): Promise<AgeIdentities | null> {
  const fallback = env[IDENTITY_VARIABLE];
  const named = files.length > 0 ? files.map((file) => ({ file, by: "--identity" })) : fallback ? [{ file: fallback, by: IDENTITY_VARIABLE }] : [];
  if (named.length === 0) return null;
  return AgeIdentities.parse(await Promise.all(named.map(async ({ file, by }) => ({ name: `File ${file}`, text: await read(file, by) }))));
}

async function read(file: string, by: string): Promise<string> {
  if (/AGE-(SECRET-KEY|PLUGIN)-/i.test(file)) {
    throw new HoldfastError("HF703", `${by} got an identity instead of the name of its file`, {
      detail: "What is typed on a command line stays in the history of the shell, and others on this machine can see it.",
      hint: "Put it into a file that only you can read, and give the name of the file. If others may have seen it, make another key." });
  }
  try {
    return (await readFile(file)).toString("utf8");
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw new HoldfastError("HF703", missing ? `File ${file} does not exist` : `File ${file} cannot be read`, {
      hint: `Give the private file of age-keygen with --identity, or in ${IDENTITY_VARIABLE}.`, cause });
  }
}
