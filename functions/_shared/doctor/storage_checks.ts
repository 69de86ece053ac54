import type { DoctorCheck } from "./doctor_finding.ts";
import { storageClock, storageEndpoint, storageSettings } from "./look_at_address.ts";
import { storageAccess, storageObjectLock, storageVersioning } from "./look_at_bucket.ts";
import { storageClasses, storageDelete, storageList, storagePublicAccess, storageRead, storageWrite } from "./look_at_objects.ts";
import type { StorageContext } from "./storage_context.ts";

/** Everything about the bucket, in the order in which it can be looked at; deleting the probes comes last. */
export const STORAGE_CHECKS: readonly DoctorCheck<StorageContext>[] = [
  storageSettings, storageEndpoint, storageClock, storageAccess, storageWrite, storageRead, storageList, storagePublicAccess,
  storageClasses, storageObjectLock, storageVersioning, storageDelete,
];
