import type { StackS3 } from "./start_stack_s3.ts";

/** The function secrets that name the stack's object storage; none without one. */
export function s3Secrets(s3: StackS3 | undefined): Record<string, string> {
  if (s3 === undefined) return {};
  return {
    HOLDFAST_S3_ENDPOINT: s3.endpoint,
    HOLDFAST_S3_REGION: s3.region,
    HOLDFAST_S3_BUCKET: s3.bucket,
    HOLDFAST_S3_ACCESS_KEY_ID: s3.accessKeyId,
    HOLDFAST_S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
  };
}
