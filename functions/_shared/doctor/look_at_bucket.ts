import { createS3Transport } from "../s3/s3_transport.ts";
import type { S3Failure } from "../s3/s3_failure.ts";
import { xmlText } from "../s3/xml_text.ts";
import type { DoctorCheck } from "./doctor_finding.ts";
import type { StorageContext } from "./storage_context.ts";

/** The server knows key, secret, region and bucket, and lets the key list it. */
export const storageAccess: DoctorCheck<StorageContext> = {
  name: "access",
  needs: ["endpoint", "clock"],
  look: async (context) => {
    const { failure, headers } = await context.firstLook();
    if (failure === null) return { verdict: "passed", seen: "the key may list the bucket", fix: null };
    const { config, clock } = context;
    const { message } = createS3Transport(config, { fetch: context.fetch, clock }).refusal({ method: "GET", key: null, action: `use bucket "${config.bucket}"` }, failure);
    return { verdict: "failed", seen: `${message} (${failure.code === "" ? `status ${failure.status}` : failure.code})`, fix: accessFix(context, failure, headers.get("x-amz-bucket-region")) };
  },
};

function accessFix(context: StorageContext, { code, status }: S3Failure, region: string | null): string {
  const { bucket } = context.config;
  switch (code) {
    case "InvalidAccessKeyId":
      return `${context.set("HOLDFAST_S3_ACCESS_KEY_ID", "HOLDFAST_S3_SECRET_ACCESS_KEY")}   # a key of this service`;
    case "SignatureDoesNotMatch":
      return `${context.set("HOLDFAST_S3_SECRET_ACCESS_KEY")}   # the secret of HOLDFAST_S3_ACCESS_KEY_ID`;
    case "ExpiredToken":
    case "InvalidToken":
    case "TokenRefreshRequired":
      return context.set("HOLDFAST_S3_ACCESS_KEY_ID", "HOLDFAST_S3_SECRET_ACCESS_KEY", "HOLDFAST_S3_SESSION_TOKEN");
    case "NoSuchBucket":
      return `aws s3api create-bucket --bucket ${bucket}   # or ${context.set("HOLDFAST_S3_BUCKET")}`;
    case "AuthorizationHeaderMalformed":
    case "PermanentRedirect":
    case "TemporaryRedirect":
    case "IllegalLocationConstraintException": {
      const set = context.set("HOLDFAST_S3_REGION");
      return region === null || !/^[a-z0-9-]+$/.test(region) ? set : set.replace("…", region);
    }
    case "RequestTimeTooSkewed":
      return "sudo timedatectl set-ntp true";
  }
  if (status === 403 || status === 401) return `Allow the key s3:ListBucket on arn:aws:s3:::${bucket}; the whole policy is in docs/security.md.`;
  return "Look up the error in the documentation of the storage provider.";
}

/** The bucket locks objects where the strategy wants them locked. */
export const storageObjectLock: DoctorCheck<StorageContext> = {
  name: "object_lock",
  needs: ["access"],
  after: ["database/schema"],
  look: async (context) => {
    const wants = await context.wants();
    if (wants === null) return { verdict: "inconclusive", seen: "whether objects are to be locked is in the ledger, which cannot be read", fix: null };
    const reply = await context.exchange({ method: "GET", key: null, query: { "object-lock": "" }, action: "read the Object Lock settings" });
    const enabled = reply.failure === null ? xmlText(new TextDecoder().decode(reply.body), "ObjectLockEnabled") === "Enabled" : reply.failure.status === 404 ? false : null;
    if (wants.objectLock === null) {
      return { verdict: "passed", seen: `settings.object_lock is not set${enabled === true ? "; the bucket could lock objects" : ""}`, fix: null };
    }
    if (enabled === true) return { verdict: "passed", seen: `the bucket has Object Lock, settings.object_lock is ${wants.objectLock}`, fix: null };
    if (enabled === null) {
      return { verdict: "inconclusive", seen: `the key may not ask whether the bucket has Object Lock (status ${reply.status})`,
        fix: `Allow the key s3:GetBucketObjectLockConfiguration on arn:aws:s3:::${context.config.bucket}.` };
    }
    return { verdict: "failed", seen: `settings.object_lock is ${wants.objectLock}, and the bucket has no Object Lock: exports will fail with HF601`,
      fix: `aws s3api create-bucket --bucket … --object-lock-enabled-for-bucket && ${context.set("HOLDFAST_S3_BUCKET")}   # or: update backup.settings set object_lock = null where id;` };
  },
};

/** Whether what is deleted or replaced could be brought back. Nothing requires it, so that it is on is no condition. */
export const storageVersioning: DoctorCheck<StorageContext> = {
  name: "versioning",
  needs: ["access"],
  look: async (context) => {
    const { failure, body } = await context.exchange({ method: "GET", key: null, query: { versioning: "" }, action: "read the versioning settings" });
    if (failure !== null) return { verdict: "skipped", seen: `cannot be read (${failure.code || `status ${failure.status}`}); nothing depends on it`, fix: null };
    if (xmlText(new TextDecoder().decode(body), "Status") === "Enabled") return { verdict: "passed", seen: "the bucket keeps versions", fix: null };
    return { verdict: "passed", seen: "the bucket keeps no versions: what the key deletes is gone", fix: null };
  },
};
