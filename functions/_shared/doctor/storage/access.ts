import { toHoldfastError, type S3Failure } from "../../s3/s3_failure.ts";
import type { DoctorCheck } from "../doctor_finding.ts";
import type { StorageContext } from "../storage_context.ts";

/** The server knows key, secret, region and bucket, and lets the key list it. */
export const storageAccess: DoctorCheck<StorageContext> = {
  name: "access",
  needs: ["endpoint", "clock"],
  look: async (context) => {
    const { failure, headers } = await context.firstLook();
    if (failure === null) return { verdict: "passed", seen: "the key may list the bucket", fix: null };
    const { message } = toHoldfastError(`use bucket "${context.config.bucket}"`, failure, context.config);
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
