import type { DoctorCheck } from "./doctor_finding.ts";
import { storageAccess } from "./storage/access.ts";
import { storageClock } from "./storage/clock.ts";
import { storageDelete } from "./storage/delete.ts";
import { storageEndpoint } from "./storage/endpoint.ts";
import { storageList } from "./storage/list.ts";
import { storageObjectLock } from "./storage/object_lock.ts";
import { storagePublicAccess } from "./storage/public_access.ts";
import { storageRead } from "./storage/read.ts";
import { storageSettings } from "./storage/settings.ts";
import { storageClasses } from "./storage/storage_classes.ts";
import { storageVersioning } from "./storage/versioning.ts";
import { storageWrite } from "./storage/write.ts";
import type { StorageContext } from "./storage_context.ts";

/** Everything about the bucket, in the order in which it can be looked at; deleting the probes comes last. */
export const STORAGE_CHECKS: readonly DoctorCheck<StorageContext>[] = [
  storageSettings, storageEndpoint, storageClock, storageAccess, storageWrite, storageRead, storageList, storagePublicAccess,
  storageClasses, storageObjectLock, storageVersioning, storageDelete,
];
