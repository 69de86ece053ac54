import { parseRecipients, RECIPIENTS_VARIABLE } from "../../../functions/_shared/encryption/parse_recipients.ts";
import { HoldfastError } from "../../../functions/_shared/errors/holdfast_error.ts";
import type { SessionCheck } from "../doctor_session.ts";

/** The public keys on this machine, which `holdfast backup` encrypts to, are public keys. */
export const recipients: SessionCheck = {
  name: "encryption/recipients",
  look: ({ env }) => {
    try {
      const all = parseRecipients(env);
      return Promise.resolve(all.length === 0
        ? { verdict: "skipped", seen: `${RECIPIENTS_VARIABLE} is not set on this machine`, fix: null }
        : { verdict: "passed", seen: `encrypts to ${all.join(", ")}`, fix: null });
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      return Promise.resolve({ verdict: "failed", seen: `${[error.message, error.detail].filter(Boolean).join(": ")} (${error.code})`, fix: `export ${RECIPIENTS_VARIABLE}=age1…   # ${error.hint ?? ""}` });
    }
  },
};
