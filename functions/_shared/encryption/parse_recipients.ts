import type { Env } from "../config/env.ts";
import { HoldfastError } from "../errors/holdfast_error.ts";

export const RECIPIENTS_VARIABLE = "HOLDFAST_AGE_RECIPIENTS";

/** Bech32 of "age" and 32 bytes. Other kinds (post-quantum, plugins, SSH) exist; Debian's age opens this one. */
const X25519_RECIPIENT = /^age1[02-9ac-hj-np-z]{58}$/;

const CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** Every header holds a stanza for each recipient, so this many keep it small. */
const MAX_RECIPIENTS = 16;

/** The checksum of BIP 173, which finds a mistyped letter. Computed here so that a start need not load the library. */
function hasBech32Checksum(text: string): boolean {
  const at = text.lastIndexOf("1");
  const prefix = [...text.slice(0, at)].map((char) => char.charCodeAt(0));
  const values = [...prefix.map((code) => code >> 5), 0, ...prefix.map((code) => code & 31), ...[...text.slice(at + 1)].map((char) => CHARSET.indexOf(char))];
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    GENERATOR.forEach((mask, bit) => { if ((top >>> bit) & 1) sum ^= mask; });
  }
  return sum === 1;
}

/** Whether age can encrypt to this public key. */
export function isRecipient(text: string): boolean {
  return X25519_RECIPIENT.test(text) && hasBech32Checksum(text);
}

/** What is wrong with an entry, without repeating it: it may be anything, a private key included. */
function complain(entry: string, position: number): HoldfastError {
  const which = `Entry ${position} of ${RECIPIENTS_VARIABLE}`;
  if (/^AGE-(SECRET-KEY|PLUGIN)-/i.test(entry)) {
    return new HoldfastError("HF700", `${which} is a private identity, not a recipient`, {
      detail: "Whoever could read this variable could open your backups.",
      hint: "Make another key with age-keygen, keep its file off the platform, and set its public key, which begins with age1." });
  }
  if (/^age1[a-z0-9]+1/.test(entry) || /^age1(pq|tag)/.test(entry) || /^ssh-/.test(entry)) {
    return new HoldfastError("HF700", `${which} is a kind of recipient that is not supported`, {
      hint: "Set public keys of age-keygen: age1 and 58 letters and digits. Every version of age opens what is encrypted to them." });
  }
  return new HoldfastError("HF700", `${which} is not an age recipient`, {
    detail: X25519_RECIPIENT.test(entry) ? "Its checksum is wrong: a letter is mistyped." : "A recipient is age1 and 58 letters and digits.",
    hint: "Copy the line that age-keygen prints as public key; separate several by commas or line breaks." });
}

/**
 * The public keys that objects are encrypted to; empty when encryption is off. Separated by commas or line breaks; what
 * follows a # in a line is a comment, as in a recipients file of age.
 *
 * @throws {HoldfastError} HF700 naming the entry by its position, never by its text.
 */
export function parseRecipients(env: Env): string[] {
  const text = env[RECIPIENTS_VARIABLE];
  if (text === undefined || text.trim() === "") return [];
  // Where a secret is one line, its lines are joined by a written \n.
  const entries = text.replaceAll("\\n", "\n").split(/[\r\n]+/).flatMap((line) => line.replace(/#.*$/, "").split(/[,\s]+/)).filter((entry) => entry !== "");
  entries.forEach((entry, index) => { if (!isRecipient(entry)) throw complain(entry, index + 1); });
  const recipients = [...new Set(entries)];
  // Somebody wanted encryption: a list of nothing but comments must not mean none.
  if (recipients.length === 0) {
    throw new HoldfastError("HF700", `${RECIPIENTS_VARIABLE} names no recipient`, { hint: "Set a public key of age-keygen, or remove the variable to store objects unencrypted." });
  }
  if (recipients.length > MAX_RECIPIENTS) {
    throw new HoldfastError("HF700", `${RECIPIENTS_VARIABLE} names ${recipients.length} recipients, at most ${MAX_RECIPIENTS} are supported`, {
      hint: "Encrypt to a few keys and escrow those." });
  }
  return recipients;
}
