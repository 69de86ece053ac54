import { z } from "zod";
import type { Queryable } from "../database/queryable.ts";

/** What the strategy asks of the bucket. */
export interface StorageWants {
  /** Folder of this project below the prefix. */
  readonly project: string;
  readonly objectLock: "GOVERNANCE" | "COMPLIANCE" | null;
  /** Whether retention deletes objects. */
  readonly deletes: boolean;
  /** Of enabled policies; none where exports to S3 are off. */
  readonly classes: readonly { readonly policy: string; readonly storageClass: string }[];
  /** Whether an S3 policy is on, so that a bucket has to be there. */
  readonly enabled: boolean;
}

const row = z.object({
  project: z.string(),
  objectLock: z.enum(["GOVERNANCE", "COMPLIANCE"]).nullable(),
  deletes: z.boolean(),
  classes: z.array(z.object({ policy: z.string(), storageClass: z.string() })),
  enabled: z.boolean(),
});

const SQL = `
  select s.project_ref as "project", s.object_lock as "objectLock", s.retention_mode = 'apply' as "deletes",
         exists (select from backup.policies p where p.provider = 'aws_s3' and p.enabled) as "enabled",
         (select coalesce(jsonb_agg(jsonb_build_object('policy', p.name, 'storageClass', p.storage_class) order by p.name), '[]')
          from backup.policies p where p.provider = 'aws_s3' and p.enabled and p.storage_class is not null) as "classes"
  from backup.settings s`;

/** Reads from the ledger what the bucket has to be able to do. */
export async function readStorageWants(database: Queryable): Promise<StorageWants> {
  const { rows } = await database.query(SQL);
  return row.parse(rows[0]);
}
