/** Status and default message of every S3 error this server sends. */
const S3_ERRORS = {
  AccessDenied: [403, "Access Denied"],
  AuthorizationHeaderMalformed: [400, "The authorization header is malformed"],
  BadDigest: [400, "The Content-MD5 or checksum does not match the body"],
  BucketAlreadyOwnedByYou: [409, "You own this bucket already"],
  BucketNotEmpty: [409, "The bucket is not empty"],
  EntityTooSmall: [400, "A part other than the last is smaller than 5 MiB"],
  IncompleteBody: [400, "Fewer bytes arrived than Content-Length announced"],
  InternalError: [500, "We encountered an internal error. Please try again."],
  InvalidAccessKeyId: [403, "The access key does not exist"],
  InvalidArgument: [400, "An argument is not valid"],
  InvalidBucketName: [400, "The bucket name is not valid"],
  InvalidDigest: [400, "The Content-MD5 is not valid"],
  InvalidObjectState: [403, "The operation is not valid for the storage class of the object"],
  InvalidPart: [400, "A part was not found or has another ETag"],
  InvalidPartOrder: [400, "The parts are not in ascending order"],
  InvalidRange: [416, "The range cannot be satisfied"],
  InvalidRequest: [400, "The request is not valid"],
  InvalidStorageClass: [400, "The storage class is not valid"],
  InvalidToken: [400, "The session token is not valid"],
  InvalidURI: [400, "The URI cannot be parsed"],
  KeyTooLongError: [400, "The key is too long"],
  MalformedXML: [400, "The XML is not well-formed or not of the expected kind"],
  MethodNotAllowed: [405, "The method is not allowed against this resource"],
  MissingContentLength: [411, "Content-Length is required"],
  NoSuchBucket: [404, "The bucket does not exist"],
  NoSuchKey: [404, "The key does not exist"],
  NoSuchUpload: [404, "The multipart upload does not exist"],
  NoSuchVersion: [404, "The version does not exist"],
  NotImplemented: [501, "A header or parameter implies functionality that is not implemented"],
  ObjectLockConfigurationNotFoundError: [404, "Object Lock is not configured for this bucket"],
  PreconditionFailed: [412, "A precondition did not hold"],
  RequestTimeTooSkewed: [403, "The request time and the server time differ too much"],
  RestoreAlreadyInProgress: [409, "The object is being restored already"],
  SignatureDoesNotMatch: [403, "The signature does not match"],
  SlowDown: [503, "Please reduce your request rate"],
  XAmzContentSHA256Mismatch: [400, "The x-amz-content-sha256 does not match the body"],
  XMinioStorageFull: [507, "Storage backend has reached its minimum free drive threshold"],
} as const satisfies Record<string, readonly [number, string]>;

export type S3ErrorCode = keyof typeof S3_ERRORS;

/** A refusal, sent to the client as S3's XML error body. */
export class S3Error extends Error {
  readonly code: S3ErrorCode;
  readonly status: number;

  constructor(code: S3ErrorCode, message?: string) {
    super(message ?? S3_ERRORS[code][1]);
    this.code = code;
    this.status = S3_ERRORS[code][0];
  }
}
