import type { ErrorCode } from "../functions/_shared/errors/catalogue.ts";
import type { ErrorText } from "./errors_text.ts";

/** The part of docs/errors.md about object storage. */
export const STORAGE_ERRORS_TEXT = {
  HF200: {
    cause: "Some of the settings of the bucket are set and others are missing, or one cannot be understood.",
    remedy: "Set all the variables that the message names, or none of them: with none the secondary backup is off.",
  },
  HF201: {
    cause: "The object storage knows no bucket of this name.",
    remedy: "Create the bucket, or correct HOLDFAST_S3_BUCKET and HOLDFAST_S3_ENDPOINT.",
  },
  HF202: {
    cause: "The object storage knows the bucket and refuses the key, its signature, or the action.",
    remedy: "Check the access key and the secret, and that the key may put, get and list below the prefix.",
  },
  HF203: {
    cause: "The object storage did not answer, or answered with a passing failure, through all attempts.",
    remedy: "Wait for the storage to recover; the next tick takes the run up. If it stays, check the endpoint and the network.",
  },
  HF204: {
    cause: "An object that the manifest or the ledger names is not in the bucket: deleted, expired, or never written.",
    remedy: "Do not count on this backup. Check the bucket's lifecycle rules and who may delete, then start a new run.",
  },
  HF205: {
    cause: "An object is already stored under the key, with other bytes than those to be written. Objects are never overwritten.",
    remedy: "Check that no other project writes below the same prefix.",
  },
  HF206: {
    cause: "The object storage refused the request for a reason that repeating it does not cure: storage full, wrong region, a key or an option it does not accept.",
    remedy: "Read the details, which hold the answer of the storage.",
  },
  HF207: {
    cause: "The bytes of an object are not those that were written: cut off, or changed on the way or at rest.",
    remedy: "Verify again. If the result stays, the object is damaged: do not count on this backup, and start a new run.",
  },
  HF208: {
    cause: "The clock of this machine is too far from that of the object storage, so it rejects the signatures.",
    remedy: "Set the clock of the machine that runs the command or the stack.",
  },
  HF209: {
    cause: "An object of the backup, or what it unpacks to, is larger than any export makes it, or than an Edge Function can hold (a manifest of 16 MiB, 32 MiB unpacked). "
      + "It is refused before it fills the memory: whoever may write to the bucket decides how long an object is.",
    remedy: "Where a function says so of a very large backup, run holdfast drill or holdfast verify instead. Where the command says so, somebody else has written that object: "
      + "find out who may write to the bucket, and choose another restore point.",
  },
} satisfies Partial<Record<ErrorCode, ErrorText>>;
