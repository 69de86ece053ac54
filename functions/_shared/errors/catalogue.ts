/**
 * Every failure a caller can act on: HTTP status, exit code of the command, and title.
 * SQL raises the same codes as SQLSTATE; a guard test keeps the lists and docs/errors.md equal.
 * Ranges: HF0xx ledger and runs, HF1xx requests and configuration, HF2xx object storage, HF3xx export,
 * HF4xx checks, HF5xx restore and drills, HF9xx local stack and command.
 */
export const ERRORS = {
  HF001: { http: 404, exit: 3, title: "Run does not exist" },
  HF002: { http: 409, exit: 3, title: "Another run is active" },
  HF003: { http: 409, exit: 3, title: "Run has already ended" },
  HF004: { http: 409, exit: 3, title: "Chunk claim is no longer held" },
  HF005: { http: 409, exit: 3, title: "Keeper cannot be started" },
  HF006: { http: 404, exit: 3, title: "Verification does not exist" },
  HF007: { http: 409, exit: 3, title: "Secondary backup is off" },
  HF008: { http: 409, exit: 3, title: "Run was cancelled" },
  HF100: { http: 422, exit: 2, title: "Request is not valid" },
  HF101: { http: 401, exit: 3, title: "Caller is not authorized" },
  HF102: { http: 500, exit: 2, title: "Configuration is not valid" },
  HF103: { http: 405, exit: 2, title: "Method is not allowed" },
  HF104: { http: 503, exit: 3, title: "Database cannot be reached" },
  HF105: { http: 503, exit: 3, title: "Holdfast is not installed in the database" },
  HF300: { http: 500, exit: 3, title: "Snapshot lost" },
  HF301: { http: 500, exit: 3, title: "Table rewritten during export" },
  HF302: { http: 500, exit: 3, title: "Schema changed during export" },
  HF303: { http: 500, exit: 3, title: "Copied rows too large for this worker" },
  HF304: { http: 500, exit: 3, title: "Copied rows do not add up" },
  HF305: { http: 500, exit: 3, title: "Table cannot be read" },
  HF308: { http: 502, exit: 3, title: "Stored objects do not match" },
  HF307: { http: 500, exit: 3, title: "Chunk given up by its workers" },
  HF306: { http: 500, exit: 3, title: "Manifest is not valid" },
  HF900: { http: 500, exit: 3, title: "Local stack is already running" },
  HF901: { http: 500, exit: 2, title: "PostgreSQL cannot be found" },
  HF902: { http: 500, exit: 3, title: "PostgreSQL did not start" },
  HF903: { http: 500, exit: 3, title: "Migration failed" },
  HF904: { http: 500, exit: 3, title: "Functions host did not start" },
  HF200: { http: 500, exit: 2, title: "Storage configuration is incomplete" },
  HF201: { http: 502, exit: 3, title: "Bucket does not exist" },
  HF202: { http: 502, exit: 3, title: "Access to object storage is denied" },
  HF203: { http: 503, exit: 3, title: "Object storage is unavailable" },
  HF204: { http: 502, exit: 3, title: "Object is missing" },
  HF205: { http: 409, exit: 3, title: "Object exists with other content" },
  HF206: { http: 502, exit: 3, title: "Object storage refused the request" },
  HF207: { http: 502, exit: 3, title: "Object is truncated or damaged" },
  HF208: { http: 502, exit: 3, title: "Clock differs from the object storage" },
  HF905: { http: 500, exit: 3, title: "Demo waited too long" },
  HF906: { http: 409, exit: 3, title: "Database has another build of Holdfast" },
  HF500: { http: 404, exit: 3, title: "Restore point does not exist" },
  HF501: { http: 502, exit: 3, title: "Object of the backup is missing or damaged" },
  HF502: { http: 409, exit: 3, title: "Target is refused" },
  HF503: { http: 409, exit: 3, title: "Restore cannot be continued" },
  HF504: { http: 500, exit: 3, title: "Schema could not be restored" },
  HF505: { http: 500, exit: 3, title: "Rows could not be loaded" },
  HF506: { http: 500, exit: 10, title: "Restored database does not match the backup" },
  HF507: { http: 409, exit: 3, title: "Drill exists already or is unknown" },
  HF508: { http: 422, exit: 2, title: "Restore point has nothing of that name" },
  HF520: { http: 500, exit: 3, title: "Drill step given up by its workers" },
  HF521: { http: 500, exit: 3, title: "Drill did not end in time or was cancelled" },
  HF522: { http: 409, exit: 3, title: "Drill has already ended" },
  HF523: { http: 409, exit: 3, title: "Drill step is no longer held" },
  HF524: { http: 500, exit: 3, title: "Drill has unfinished steps" },
} as const;

export type ErrorCode = keyof typeof ERRORS;

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(ERRORS, value);
}
